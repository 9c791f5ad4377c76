import { Client } from 'pg';
import { newAccount, stackEnv } from '../harness';
import { BARE, inFolder, run } from '../harness/command';

const email = ['--to', 'ok@sandbox.test', '--goal', 'Say hello'];

async function expectOneLine(args: string[], env: Record<string, string | undefined>, says: RegExp, code = 1) {
  const ran = await inFolder((cwd) => run(args, { env, cwd }));
  expect(ran).toMatchObject({ code, stdout: '' });
  expect(ran.stderr).toMatch(/^error: [^\n]+\n$/);
  expect(ran.stderr).toMatch(says);
}

test('GIVEN no setting and no dev THEN the line names DATABASE_URL and dev', async () => {
  for (const args of [['balance', 'a'], ['worker'], ['migrate'], ['generate', '--account', 'a', ...email]]) {
    await expectOneLine(args, BARE, /DATABASE_URL is not set.*makegood dev/, 2);
  }
});

test('GIVEN a Postgres that is not there THEN one line names DATABASE_URL', async () => {
  const env = {
    ...stackEnv(),
    DATABASE_URL: 'postgresql://me:secret@127.0.0.1:1/none',
    MAKEGOOD_OPERATOR_DATABASE_URL: '',
  };
  for (const args of [['balance', 'a'], ['grant', 'a', '1'], ['audit'], ['generate', '--account', 'a', ...email]]) {
    await expectOneLine(args, env, /Postgres is not reachable.*DATABASE_URL/);
  }
});

test('GIVEN a Temporal that is not there THEN one line names TEMPORAL_ADDRESS, and nothing is charged', async () => {
  const account = await newAccount(3);
  const env = { ...stackEnv(), TEMPORAL_ADDRESS: '127.0.0.1:1' };
  for (const args of [['generate', '--account', account, ...email], ['worker']]) {
    await expectOneLine(args, env, /Temporal is not reachable at 127.0.0.1:1. Check TEMPORAL_ADDRESS/);
  }
  expect((await run(['balance', account, '--json'])).stdout).toContain('"balance":3,"held":0');

  const dev = await inFolder((cwd) => run(['dev'], { env: { ...BARE, TEMPORAL_ADDRESS: '127.0.0.1:1' }, cwd }));
  expect(dev.code).toBe(1);
  expect(dev.stderr).toMatch(/^error: Temporal is not reachable at 127.0.0.1:1. Check TEMPORAL_ADDRESS.\n$/);
});

test('GIVEN a namespace that is not there THEN one line names TEMPORAL_NAMESPACE', async () => {
  const account = await newAccount(3);
  const env = { ...stackEnv(), TEMPORAL_NAMESPACE: 'elsewhere' };
  await expectOneLine(
    ['generate', '--account', account, ...email],
    env,
    /no namespace "elsewhere".*TEMPORAL_NAMESPACE/,
    2,
  );
});

test('GIVEN a database without the migrations THEN one line names migrate, which mends it', async () => {
  const owner = new Client({ connectionString: stackEnv().MAKEGOOD_OWNER_DATABASE_URL });
  await owner.connect();
  const name = `empty_${Date.now()}`;
  await owner.query(`CREATE DATABASE ${name}`);
  try {
    const inNew = (url = '') => url.replace(/\/[^/]*$/, `/${name}`);
    const { DATABASE_URL, MAKEGOOD_OPERATOR_DATABASE_URL, MAKEGOOD_OWNER_DATABASE_URL, ...rest } = stackEnv();
    const env = {
      ...rest,
      DATABASE_URL: inNew(DATABASE_URL),
      MAKEGOOD_OPERATOR_DATABASE_URL: inNew(MAKEGOOD_OPERATOR_DATABASE_URL),
      MAKEGOOD_OWNER_DATABASE_URL: inNew(MAKEGOOD_OWNER_DATABASE_URL),
    };
    for (const args of [['grant', 'a', '1'], ['balance', 'a'], ['generate', '--account', 'a', ...email], ['audit']]) {
      await expectOneLine(args, env, /makegood migrate/);
    }
    expect(await run(['migrate'], { env })).toMatchObject({ code: 0 });
    expect(await run(['migrate', '--json'], { env })).toMatchObject({ code: 0, stdout: '{"applied":[]}\n' });
    expect(await run(['grant', 'a', '1'], { env })).toMatchObject({ code: 0 });
  } finally {
    await owner.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await owner.end();
  }
});

test.each(['MAKEGOOD_PG_PORT', 'MAKEGOOD_SANDBOX_PORT'])(
  'GIVEN a %s that is taken THEN dev says so in one line',
  async (setting) => {
    const { port } = new URL(stackEnv().OPENAI_BASE_URL ?? '');
    await expectOneLine(['dev'], { ...BARE, [setting]: port }, new RegExp(`Port ${port} is taken. Set ${setting}`));
  },
);

test('GIVEN a provider key is missing THEN the worker names OPENAI_API_KEY', async () => {
  await expectOneLine(['worker'], { ...stackEnv(), OPENAI_API_KEY: '' }, /OPENAI_API_KEY is not set/, 2);
});
