import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../dev/ports';
import { PACKAGE_ROOT } from '../../package-root';
import { newAccount, onClose, ownQueue, until } from '../harness';
import { metric } from '../harness/metrics';
import { movesOf } from '../harness/money';
import { start, statusOf } from '../harness/operators';

const BUNDLE = join(PACKAGE_ROOT, 'dist/workflow-bundle.js');

/** The workflows as they are built, with a fault in the code that runs once the draft is there. */
async function faultyBundle(): Promise<string> {
  const code = await readFile(BUNDLE, 'utf8');
  const faulty = code.replace(/const done = await [^;]+asPaidWork[^;]+;/, (done) => `${done} undefined.fault;`);
  expect(faulty).not.toBe(code);
  const folder = await mkdtemp(join(tmpdir(), 'makegood-test-'));
  onClose(() => rm(folder, { recursive: true }));
  const path = join(folder, 'bundle.js');
  await writeFile(path, faulty);
  return path;
}

/** A worker that runs that bundle, in a process of its own. */
async function faultyWorker(env: Record<string, string>) {
  const code = `require(process.argv[1]).startWorker({ workflowBundle: process.argv[2] }).then(() => console.log('ready'))`;
  const args = ['-e', code, join(PACKAGE_ROOT, 'dist/worker/index.js'), await faultyBundle()];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'exit');
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  onClose(kill);
  let printed = '';
  child.stdout.on('data', (chunk) => (printed += chunk));
  child.stderr.on('data', (chunk) => (printed += chunk));
  await until('the faulty worker', async () => printed.includes('ready'));
  return { kill, output: () => printed };
}

test('GIVEN a fault in the code of the workflow THEN the draft stays open, is reported, and is delivered once the code is mended', async () => {
  const port = String(await freePort());
  const { env, makegood, startWorker } = ownQueue({ MAKEGOOD_HELD_LIMIT_MS: '1000', MAKEGOOD_SWEEP_PERIOD_MS: '200' });
  const faulty = await faultyWorker({ ...env, METRICS_PORT: port });
  const account = await newAccount();
  const { id, workflowId } = await start(makegood, account, 'ok');

  await until('the report', async () =>
    faulty
      .output()
      .split('\n')
      .some((line) => line.includes('held for longer than the limit') && line.includes(`"generation":"${id}"`)),
  );
  expect(await metric(port, 'temporal_workflow_task_execution_failed')).toBeGreaterThan(0);
  await until('the metric', async () => ((await metric(port, 'makegood_overdue_reservations')) ?? 0) > 0);
  expect(await statusOf(makegood, workflowId)).toBe('RUNNING');
  expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`]);

  await faulty.kill();
  await startWorker();

  expect(await makegood.result(account, id)).toMatchObject({ status: 'succeeded', charged: 1, refunded: 0 });
  expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`, `SETTLE -1 ${id}`]);
});
