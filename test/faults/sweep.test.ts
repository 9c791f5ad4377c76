import { randomUUID } from 'node:crypto';
import { sweepAll } from '../../activities/sweep';
import type { Makegood } from '../../client/makegood';
import { reserve } from '../../ledger/credits';
import type { AccountId, ExecutionId, GenerationId, RunId } from '../../ledger/ids';
import { namespaceId } from '../../temporal/namespace';
import { type ChildWorker, makegood, newAccount, ownQueue, until } from '../harness';
import { entriesOf, expectToAddUp, movesOf } from '../harness/money';
import { deleteHistory, idOf, resetTo, start, statusOf } from '../harness/operators';
import { NO_SWEEP, ownNamespace } from '../harness/own-namespace';
import { afterDescribe, sweepNow } from './sweep-now';

/** Credits held by a workflow of this id, as if it had been closed before it could give them back. */
async function heldBy(of: Makegood, account: string, workflowId: string): Promise<string> {
  const { db, temporal } = of.context;
  const generation = `h-${randomUUID()}`;
  const generationRun = {
    account: account as AccountId,
    generation: generation as GenerationId,
    execution: randomUUID() as ExecutionId,
    run: randomUUID() as RunId,
  };
  const namespace = await namespaceId(temporal);
  const what = { price: 1, kind: 'email-draft', label: 'Held', inputHash: 'hash', workflowId, namespace };
  expect(await reserve(db, generationRun, what)).toMatchObject({ outcome: 'reserved' });
  return generation;
}

describe('the sweep at work in every worker', () => {
  test('GIVEN an operator terminates a draft THEN its credits come back by themselves', async () => {
    const account = await newAccount();
    const { id, workflowId } = await start(makegood(), account, 'hang');

    await makegood().context.temporal.workflow.getHandle(workflowId).terminate('test');

    expect(await makegood().result(account, id)).toMatchObject({ status: 'refunded', reason: 'OPERATOR_TERMINATED' });
    expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`, `REFUND 1 ${id} OPERATOR_TERMINATED`]);
    await expectToAddUp(account);
  });

  test('GIVEN the history of a draft at work is deleted THEN its credits come back, as lost', async () => {
    const account = await newAccount();
    const { id, workflowId } = await start(makegood(), account, 'hang');

    await deleteHistory(makegood(), workflowId);

    await until('the refund', async () => (await makegood().balance(account)).held === 0);
    expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`, `REFUND 1 ${id} WORKFLOW_LOST`]);
  });

  test('GIVEN an operator terminates the sweep itself THEN a worker starts it again', async () => {
    const { env, startWorker, makegood: own } = ownQueue();
    await startWorker();
    const sweeps = own.context.temporal.workflow.getHandle(`makegood-sweep/${env.MAKEGOOD_TASK_QUEUE}`);
    // Twice: a worker looks at once when it starts, and must go on looking.
    for (const _ of ['at the start', 'later']) {
      await sweeps.terminate('test');
      await until('the sweep', async () => (await sweeps.describe()).status.name === 'RUNNING');
    }
  });

  test('GIVEN many sweeps THEN the sweep goes on in a new run, and wears none of the search attributes of a generation', async () => {
    const { env, startWorker, makegood: own } = ownQueue({ MAKEGOOD_SWEEP_PERIOD_MS: '10' });
    await startWorker();
    const taskQueue = env.MAKEGOOD_TASK_QUEUE as string;
    const { temporal } = own.context;
    const sweeps = await temporal.workflow.start('makegoodSweep', {
      taskQueue,
      workflowId: randomUUID(),
      args: [{}, 3],
    });
    const runId = sweeps.firstExecutionRunId;

    const next = await until('the next run', async () => {
      const newest = await temporal.workflow.getHandle(sweeps.workflowId).describe();
      return newest.runId !== runId && newest;
    });
    await temporal.workflow.getHandle(sweeps.workflowId).terminate();
    const first = await temporal.workflow.getHandle(sweeps.workflowId, runId).describe();
    expect([first.status.name, next.status.name]).toEqual(['CONTINUED_AS_NEW', 'RUNNING']);
    const ours = await temporal.workflow.getHandle(`makegood-sweep/${taskQueue}`).describe();
    expect(ours.typedSearchAttributes.getAll().filter(({ key }) => key.name.startsWith('Makegood'))).toEqual([]);
  });
});

test('GIVEN a worker with more drafts than it has slots for THEN the sweep does not wait behind them', async () => {
  const { makegood: own, startWorker } = await ownNamespace({ MAKEGOOD_MAX_ACTIVITIES: '2' });
  await startWorker();
  const account = await newAccount(40);
  const input = { to: 'slow-1s@sandbox.test', goal: 'Ask for a date' };
  const ids = Array.from({ length: 40 }, (_, n) => `draft-${n}`);
  for (const id of ids) await own.submit({ account, id, kind: 'email-draft', input });
  await until(
    'all holds',
    async () => (await movesOf(account)).filter((move) => move.startsWith('RESERVE')).length === 40,
  );

  await own.context.temporal.workflow.getHandle(idOf(account, 'draft-39')).terminate();

  expect(await own.result(account, 'draft-39')).toMatchObject({ status: 'refunded' });
  // Two of them a second: those that still wait have been overtaken.
  expect((await own.balance(account)).held).toBeGreaterThan(5);
  await Promise.all(ids.map((id) => own.cancel(account, id)));
});

describe('one sweep', () => {
  let own: Awaited<ReturnType<typeof ownNamespace>>;
  let worker: ChildWorker;
  beforeAll(async () => {
    own = await ownNamespace(NO_SWEEP);
    worker = await own.startWorker();
  });
  const terminate = (workflowId: string) => own.makegood.context.temporal.workflow.getHandle(workflowId).terminate();

  test.each([
    ['TERMINATED', 'OPERATOR_TERMINATED'],
    ['FAILED', 'WORKFLOW_FAILED'],
    ['CANCELLED', 'CANCELLED'],
    ['COMPLETED', 'INTERNAL_ERROR'],
    ['TIMED_OUT', 'WORKFLOW_TIMED_OUT'],
    ['GONE', 'WORKFLOW_LOST'],
  ])('GIVEN credits held by a workflow that is %s THEN they come back as %s', async (status, reason) => {
    const { temporal } = own.makegood.context;
    const account = await newAccount();
    const workflowId = await closedWorkflow(account, status);
    expect(await statusOf(own.makegood, workflowId)).toBe(status);
    await sweepNow(own.makegood);
    const generation = await heldBy(own.makegood, account, workflowId);

    await sweepNow(own.makegood);

    expect(await movesOf(account)).toEqual(
      expect.arrayContaining([`RESERVE -1 ${generation}`, `REFUND 1 ${generation} ${reason}`]),
    );
    await expectToAddUp(account);

    async function closedWorkflow(holder: string, end: string): Promise<string> {
      if (end === 'GONE') return idOf(holder, 'never-was');
      if (end === 'TIMED_OUT') {
        const id = idOf(holder, 'timed-out');
        const options = { workflowId: id, taskQueue: 'nobody', workflowExecutionTimeout: '1 second', args: [] };
        await temporal.workflow.start('paidWork', options).then((handle) => handle.result().catch(() => {}));
        return id;
      }
      const behaviour = { TERMINATED: 'hang', CANCELLED: 'hang', FAILED: 'refused', COMPLETED: 'ok' }[end] as string;
      const { id, workflowId: closing } = await start(own.makegood, holder, behaviour);
      if (end === 'TERMINATED') await terminate(closing);
      if (end === 'CANCELLED') await own.makegood.cancel(holder, id);
      await until(end, async () => (await statusOf(own.makegood, closing)) === end);
      return closing;
    }
  });

  test('GIVEN a workflow that is at work THEN it is never touched, and reported when it takes too long', async () => {
    const account = await newAccount();
    const { id } = await start(own.makegood, account, 'hang');
    const overdue: string[] = [];
    const watch = { overdue: ({ generation }: { generation: string }) => void overdue.push(generation) };

    expect(await sweepNow(own.makegood, { watch })).toMatchObject({ overdue: 0 });
    expect(await sweepNow(own.makegood, { watch, heldLimitMs: 1 })).toMatchObject({ overdue: expect.any(Number) });

    expect(overdue).toContain(id);
    expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`]);
    await own.makegood.cancel(account, id);
    await own.makegood.result(account, id);
  });

  test('GIVEN a reservation younger than the grace THEN it is not looked at', async () => {
    const account = await newAccount();
    const generation = await heldBy(own.makegood, account, 'gone');

    await sweepNow(own.makegood, { graceMs: 600_000 });

    expect(await movesOf(account)).toEqual([`RESERVE -1 ${generation}`]);
    await sweepNow(own.makegood);
  });

  test('GIVEN more reservations than a page and several sweeps at once THEN each is refunded exactly once', async () => {
    const account = await newAccount(450);
    const held: string[] = [];
    for (let n = 0; n < 450; n += 50) {
      held.push(...(await Promise.all(Array.from({ length: 50 }, () => heldBy(own.makegood, account, 'gone')))));
    }

    await Promise.all([sweepNow(own.makegood), sweepNow(own.makegood), sweepNow(own.makegood)]);

    const refunds = (await movesOf(account)).filter((move) => move.startsWith('REFUND'));
    expect(refunds.sort()).toEqual(held.map((id) => `REFUND 1 ${id} WORKFLOW_LOST`).sort());
    expect(await makegood().balance(account)).toMatchObject({ balance: 450, held: 0 });
    expect((await entriesOf(account)).length).toBe(901);
  });

  test('GIVEN Temporal does not answer THEN nothing is touched', async () => {
    const account = await newAccount();
    const { id, workflowId } = await start(own.makegood, account, 'hang');
    await terminate(workflowId);
    const { db, temporal } = own.makegood.context;
    const namespace = await namespaceId(temporal);
    const away = ownQueue({ TEMPORAL_ADDRESS: '127.0.0.1:1' }).makegood.context.temporal;

    const report = await sweepAll({ db, temporal: away, namespace, graceMs: 0, heldLimitMs: 600_000 });

    expect(report).toMatchObject({ refunded: 0, failed: report.looked });
    expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`]);
    await sweepNow(own.makegood);
  });

  test('GIVEN an operator resets a terminated draft while the sweep gives its credits back THEN it ends paid for, once', async () => {
    const account = await newAccount();
    const { id, workflowId } = await start(own.makegood, account, 'slow-2s');
    await terminate(workflowId);
    // The new run must not call before the sweep has refunded: a run that calls within that moment is turned away.
    await worker.stop();
    let reset: Promise<string> | undefined;
    const temporal = afterDescribe(own.makegood.context.temporal, async () => {
      reset ??= resetTo(own.makegood, workflowId);
      await reset;
    });

    expect(await sweepNow(own.makegood, { temporal })).toMatchObject({ refunded: 1 });
    worker = await own.startWorker();

    expect(await own.makegood.result(account, id)).toMatchObject({ status: 'succeeded' });
    const moves = await movesOf(account);
    expect(moves.filter((move) => move.startsWith('SETTLE'))).toEqual([`SETTLE -1 ${id}`]);
    expect(moves).toContain(`REFUND 1 ${id} OPERATOR_TERMINATED`);
    expect(await makegood().balance(account)).toMatchObject({ balance: 9, held: 0 });
    await expectToAddUp(account);
  });

  test('GIVEN a customer retries while the sweep decides on the try before THEN the new hold stays', async () => {
    const account = await newAccount();
    const { id, to, workflowId } = await start(own.makegood, account, 'second-run');
    await terminate(workflowId);
    let again: Promise<unknown> | undefined;
    const temporal = afterDescribe(own.makegood.context.temporal, async () => {
      // Another sweep was faster; the customer has seen the refund and tries again.
      again ??= sweepNow(own.makegood).then(() =>
        own.makegood.retry(account, id, { input: { to, goal: 'Ask for a date' } }),
      );
      await again;
    });

    expect(await sweepNow(own.makegood, { temporal })).toMatchObject({ refunded: 0 });

    expect(await own.makegood.result(account, id)).toMatchObject({ status: 'succeeded', charged: 2, refunded: 1 });
    expect(await movesOf(account)).toEqual([
      `RESERVE -1 ${id}`,
      `REFUND 1 ${id} OPERATOR_TERMINATED`,
      `RESERVE -1 ${id}`,
      `SETTLE -1 ${id}`,
    ]);
  });
});
