import { sweepAll } from '../../activities/sweep';
import { freePort } from '../../dev/ports';
import { type EmbeddedTemporal, startTemporal } from '../../dev/temporal';
import { temporalBinary } from '../../dev/temporal-binary';
import { namespaceId } from '../../temporal/namespace';
import { makegood, newAccount, onClose, ownQueue, until } from '../harness';
import { metric } from '../harness/metrics';
import { movesOf } from '../harness/money';
import { start } from '../harness/operators';
import { NO_SWEEP, ownNamespace } from '../harness/own-namespace';

// A worker must never judge by its own Temporal what another one knows: all its workflows are gone there.

/** A sweep that looks at everything, all the time. */
const EAGER = { MAKEGOOD_SWEEP_PERIOD_MS: '20', MAKEGOOD_SWEEP_GRACE_MS: '0' };

async function anotherServer(port?: number): Promise<EmbeddedTemporal> {
  const server = await startTemporal({ binary: await temporalBinary(() => {}), port });
  onClose(() => server.stop());
  return server;
}

/** A worker on another Temporal and the same ledger, which has swept ten times. */
async function sweptTenTimes(extra: Record<string, string>): Promise<void> {
  const port = String(await freePort());
  const { startWorker } = ownQueue({ ...EAGER, ...extra, METRICS_PORT: port });
  const worker = await startWorker();
  await until('ten sweeps', async () => ((await metric(port, 'makegood_sweeps_total')) ?? 0) >= 10);
  await worker.stop();
}

test('GIVEN a worker in another namespace of the same server THEN it refunds nothing of ours', async () => {
  const account = await newAccount();
  const { id } = await start(makegood(), account, 'hang');
  const other = await ownNamespace();

  await sweptTenTimes(other.env);

  expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`]);
  await makegood().cancel(account, id);
});

test('GIVEN a worker of another server, with a namespace of the same name, THEN it refunds nothing of ours', async () => {
  const account = await newAccount();
  const { id } = await start(makegood(), account, 'hang');
  const server = await anotherServer();

  await sweptTenTimes({ TEMPORAL_ADDRESS: server.address });

  expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`]);
  await makegood().cancel(account, id);
});

test('GIVEN another server answers under the address of ours THEN the worker refunds nothing and ends', async () => {
  const first = await anotherServer();
  const queue = ownQueue({ TEMPORAL_ADDRESS: first.address, ...NO_SWEEP });
  const worker = await queue.startWorker();
  const account = await newAccount();
  const { id } = await start(queue.makegood, account, 'hang');
  const before = await namespaceId(queue.makegood.context.temporal);

  await first.stop();
  await anotherServer(Number(first.address.split(':')[1]));

  await until('the end of the worker', async () => worker.process.exitCode !== null);
  expect(worker.process.exitCode).toBe(1);
  expect(worker.output()).toMatch(/TEMPORAL_REPLACED|not the Temporal namespace that the worker started with/);
  const { db, temporal } = queue.makegood.context;
  const stale = sweepAll({ db, temporal, namespace: before, graceMs: 0, heldLimitMs: 600_000 });
  await expect(stale).rejects.toMatchObject({ code: 'TEMPORAL_REPLACED' });
  expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`]);
});
