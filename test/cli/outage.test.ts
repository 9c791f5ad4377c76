import { makegood, newAccount, onClose, stackEnv, until } from '../harness';
import { jsonLines, launch } from '../harness/command';
import { expectToAddUp } from '../harness/money';
import { startTcpProxy } from '../harness/tcp-proxy';

const SETTINGS = {
  Temporal: ({ TEMPORAL_ADDRESS = '' }) => new URL(`tcp://${TEMPORAL_ADDRESS}`),
  Postgres: ({ DATABASE_URL = '' }) => new URL(DATABASE_URL),
};

/** The shared stack, with the way to one of its servers through a proxy. */
async function behindProxy(server: keyof typeof SETTINGS) {
  const env = stackEnv();
  const url = SETTINGS[server](env);
  const proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
  onClose(() => proxy.close());
  const address = `127.0.0.1:${proxy.port}`;
  if (server === 'Temporal') return { proxy, env: { ...env, TEMPORAL_ADDRESS: address } };
  url.host = address;
  return { proxy, env: { ...env, DATABASE_URL: url.href } };
}

test.each(['Temporal', 'Postgres'] as const)(
  'GIVEN many under way WHEN %s can not be reached for a while THEN the command waits, and each is made and charged once',
  async (server) => {
    const account = await newAccount(20);
    const { proxy, env } = await behindProxy(server);
    const args = [
      'generate',
      '--account',
      account,
      '--count',
      '12',
      '--mix',
      'slow-200ms',
      '--concurrency',
      '2',
      '--json',
    ];
    const { output, ended } = launch(args, { env });
    await until('the first to end', async () => output.stdout.includes('\n'));
    proxy.set('refuse');
    await new Promise((resolve) => setTimeout(resolve, 3_000)); // Long enough for calls to fail while it lasts.
    proxy.heal();

    const { code, stdout, stderr } = await ended;
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(jsonLines(stdout).map(({ status }) => status)).toEqual(Array.from({ length: 12 }, () => 'succeeded'));
    expect(await makegood().balance(account)).toMatchObject({ balance: 8, held: 0 });
    await expectToAddUp(account);
  },
);
