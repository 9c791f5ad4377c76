import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { namespaceId } from '../../temporal/namespace';
import { MAIN, makegood, newAccount, stackEnv } from '../harness';
import { expectToAddUp, movesOf } from '../harness/money';
import { start } from '../harness/operators';
import { NO_SWEEP, ownNamespace } from '../harness/own-namespace';

/** Runs `makegood sweep …`, with an answer typed. */
async function sweep(args: string[], { env = stackEnv(), typed = '' } = {}) {
  const child = spawn(process.execPath, [MAIN, 'sweep', ...args], { env, cwd: tmpdir() });
  const ended = once(child, 'close');
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  child.stdin.end(typed);
  const [exitCode] = (await ended) as [number];
  return { exitCode, out, err };
}

test('GIVEN a terminated draft WHEN somebody does not want to wait for the sweep THEN one of their own gives the credits back', async () => {
  const own = await ownNamespace(NO_SWEEP);
  await own.startWorker();
  const account = await newAccount();
  const { id, workflowId } = await start(own.makegood, account, 'hang');
  await own.makegood.context.temporal.workflow.getHandle(workflowId).terminate();

  const env = { ...own.env, MAKEGOOD_SWEEP_GRACE_MS: '0' };
  const { exitCode, out } = await sweep(['--json'], { env });

  expect([exitCode, JSON.parse(out)]).toEqual([
    0,
    { looked: 1, running: 0, overdue: 0, refunded: 1, credits: 1, failed: 0 },
  ]);
  expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`, `REFUND 1 ${id} OPERATOR_TERMINATED`]);
  expect((await sweep([], { env })).out).toBe(
    'Looked at 0 open reservations: refunded 0 (0 credits); 0 still at work\n',
  );
});

describe('GIVEN a Temporal that is lost for good', () => {
  let lost: Awaited<ReturnType<typeof ownNamespace>>;
  beforeAll(async () => {
    lost = await ownNamespace(NO_SWEEP);
    await lost.startWorker();
  });

  async function twoHeld() {
    const account = await newAccount();
    const first = await start(lost.makegood, account, 'hang');
    const second = await start(lost.makegood, account, 'hang');
    return { account, moves: [`RESERVE -1 ${first.id}`, `RESERVE -1 ${second.id}`], ids: [first.id, second.id] };
  }
  const uuid = () => namespaceId(lost.makegood.context.temporal);

  test('WHEN the count is typed as it is shown THEN its reservations are given back; any other answer changes nothing', async () => {
    const { account, moves, ids } = await twoHeld();
    const args = ['--adopt-orphans', await uuid()];

    for (const typed of ['', 'y\n', '1\n']) {
      const refused = await sweep(args, { typed });
      expect(refused).toMatchObject({ exitCode: 2, out: '', err: expect.stringContaining('Nothing was refunded') });
      expect(refused.err).toContain('To refund 2 credits held by 2 reservations, type 2');
    }
    expect(await movesOf(account)).toEqual(moves);

    const done = await sweep(args, { typed: '2\n' });
    expect(done).toMatchObject({ exitCode: 0, out: 'Refunded 2 reservations (2 credits)\n' });
    expect((await movesOf(account)).sort()).toEqual(
      [...moves, ...ids.map((id) => `REFUND 1 ${id} WORKFLOW_LOST`)].sort(),
    );
    expect(await makegood().balance(account)).toMatchObject({ balance: 10, held: 0 });
    await expectToAddUp(account);
  });

  test('WHEN a script says --yes THEN it is not asked, and a second call finds nothing', async () => {
    const { account, moves, ids } = await twoHeld();
    const args = ['--adopt-orphans', await uuid(), '--yes', '--json'];

    expect(JSON.parse((await sweep(args)).out)).toEqual({ refunded: 2, credits: 2 });
    expect(JSON.parse((await sweep(args)).out)).toEqual({ refunded: 0, credits: 0 });
    expect((await movesOf(account)).sort()).toEqual(
      [...moves, ...ids.map((id) => `REFUND 1 ${id} WORKFLOW_LOST`)].sort(),
    );
  });
});

test('GIVEN a Temporal that is not reachable THEN it says so and touches nothing', async () => {
  const env = { ...stackEnv(), TEMPORAL_ADDRESS: '127.0.0.1:1' };
  expect(await sweep([], { env })).toMatchObject({
    exitCode: 1,
    out: '',
    err: expect.stringContaining('TEMPORAL_ADDRESS'),
  });
});
