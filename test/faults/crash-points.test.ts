import { randomUUID } from 'node:crypto';
import { FAULT_POINTS, type FaultPoint } from '../../activities/fault-points';
import { address, newAccount, ownQueue, sandboxRequests, until } from '../harness';
import { expectToAddUp, movesOf } from '../harness/money';

// A worker dies at every point there is between two side effects, and another takes over. The cases are the code's own
// fault points: a new one without a case does not compile, and one that is never reached fails.

interface Case {
  readonly provider: string;
  /** SETTLE, or REFUND with its reason. */
  readonly ends: 'SETTLE' | 'PROVIDER_REFUSED' | 'OPERATOR_TERMINATED';
  /** Provider calls without any crash. */
  readonly calls: number;
  /** A crash here wastes a call: its answer dies with the worker. */
  readonly wasted?: 1;
}

const DELIVERED: Case = { provider: 'ok', ends: 'SETTLE', calls: 1 };
const DELIVERED_AT_LAST: Case = { provider: 'flaky-1', ends: 'SETTLE', calls: 2 };
const GIVEN_BACK: Case = { provider: 'refused', ends: 'PROVIDER_REFUSED', calls: 1 };
const SWEPT: Case = { provider: 'hang', ends: 'OPERATOR_TERMINATED', calls: 1 };

const CASES: Record<FaultPoint, Case> = {
  'reserve:asked': DELIVERED,
  'reserve:committed': DELIVERED,
  'work:begun': DELIVERED,
  'work:asking': DELIVERED,
  'work:answered': { ...DELIVERED, wasted: 1 },
  'work:failed': DELIVERED_AT_LAST,
  'work:noted': DELIVERED_AT_LAST,
  'settle:asked': DELIVERED,
  'settle:committed': DELIVERED,
  'refund:asked': GIVEN_BACK,
  'refund:committed': GIVEN_BACK,
  'refund:noted': GIVEN_BACK,
  'sweep:found': SWEPT,
  'sweep:refunded': SWEPT,
};

// Two starts of a worker each, on two cores.
jest.setTimeout(180_000);

/** Submits a generation for a queue that has no worker yet. */
async function submitted(provider: string) {
  const queue = ownQueue();
  const account = await newAccount(10);
  const id = `g-${randomUUID()}`;
  const to = address(provider);
  await queue.makegood.submit({ account, id, kind: 'email-draft', input: { to, goal: 'Thank them' } });
  return {
    ...{ ...queue, account, id, to },
    end: () => queue.makegood.result(account, id, 100_000),
    /** Leaves a hold that nobody works for. */
    async terminateInMidDraft() {
      await until('the provider to be asked', async () => (await sandboxRequests({ to })).count > 0);
      const { workflow } = await queue.makegood.describe(account, id);
      await queue.makegood.context.temporal.workflow.getHandle(workflow.workflowId).terminate('an operator');
    },
  };
}

/** Starts a worker and waits for its death, which may come before it has said that it is ready. */
async function dies(point: FaultPoint, { startWorker, terminateInMidDraft }: Awaited<ReturnType<typeof submitted>>) {
  try {
    // Its sweep comes before those of the other tests' workers.
    const sweep = { MAKEGOOD_SWEEP_PERIOD_MS: '20', MAKEGOOD_SWEEP_GRACE_MS: '0' };
    const { process } = await startWorker({ ...sweep, NODE_ENV: 'test', MAKEGOOD_FAULT_POINT: point });
    if (CASES[point].ends === 'OPERATOR_TERMINATED') await terminateInMidDraft();
    await until(`the worker to die at ${point}`, async () => process.signalCode === 'SIGKILL');
  } catch (error) {
    if (!String(error).includes('the worker ended (SIGKILL)')) throw error;
  }
}

const TITLE =
  'GIVEN a worker that dies at %s WHEN another takes over THEN it ends once: charged for a draft, or given back';
const isSweep = (point: FaultPoint) => point.startsWith('sweep:');

test.concurrent.each(FAULT_POINTS.filter((point) => !isSweep(point)))(TITLE, endsOnce);

// One after the other: all sweeps of a namespace see the same holds, and another might be faster.
test.each(FAULT_POINTS.filter(isSweep))(TITLE, endsOnce);

async function endsOnce(point: FaultPoint): Promise<void> {
  const { provider, ends, calls, wasted = 0 } = CASES[point];
  const generation = await submitted(provider);
  await dies(point, generation);
  const { startWorker, account, id, to, end } = generation;
  await startWorker();

  const settled = ends === 'SETTLE';
  const status = settled ? 'succeeded' : 'refunded';
  expect(await end()).toMatchObject({ status, charged: 1, refunded: settled ? 0 : 1 });
  const last = settled ? `SETTLE -1 ${id}` : `REFUND 1 ${id} ${ends}`;
  expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`, last]);
  await expectToAddUp(account);
  const { count } = await sandboxRequests({ to });
  expect(count).toBeGreaterThanOrEqual(calls);
  expect(count).toBeLessThanOrEqual(calls + wasted);
}

test.concurrent('GIVEN the name of a fault point in production, where nothing is a test THEN nobody dies of it', async () => {
  const { startWorker, end } = await submitted('ok');
  await startWorker({ MAKEGOOD_FAULT_POINT: 'settle:asked' });
  expect(await end()).toMatchObject({ status: 'succeeded' });
});

test('GIVEN the name of no fault point THEN the worker does not start: a test that kills nobody proves nothing', async () => {
  const { startWorker } = ownQueue();
  await expect(startWorker({ NODE_ENV: 'test', MAKEGOOD_FAULT_POINT: 'settle:typo' })).rejects.toThrow(/settle:typo/);
});
