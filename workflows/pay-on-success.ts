import {
  CancellationScope,
  CancelledFailure,
  isCancellation,
  log,
  TemporalFailure,
  workflowInfo,
} from '@temporalio/workflow';
import type { Delivered } from '../kinds/delivered';
import type { ExecutionId, RunId } from '../ledger/ids';
import type { GenerationRun, ReserveOutcome } from '../ledger/outcomes';
import type { FailureReasons } from '../ledger/reasons';
import { refund, reserve, settle } from './credits';
import type { Order } from './order';
import { recordOutcome } from './outcome';
import { causeOfRefund, wasCancelled } from './refund-reason';
import { asPaidWork } from './steps';
import { discarded, refunded, rejection } from './verdicts';

/** How often a hold that was lost is taken again: each loss takes a reset, and a delay, of its own. */
const HOLDS_AGAIN = 3;

/** Those who wait to hear what became of the hold. */
export interface Listeners {
  /** Tells all who wait, and those who ask later, until the next verdict. */
  answer(verdict: ReserveOutcome | TemporalFailure): void;
  /** Waits until they have been told: a workflow that ends before leaves them with an error that says nothing. */
  answered(): Promise<void>;
}

const NOBODY: Listeners = { answer() {}, async answered() {} };

/**
 * Runs paid work so that its customer pays for the outcome only: reserves the price, does the work, settles what it did
 * cost, and gives the credits back when it fails for good or is cancelled. Knows nothing of what the work is. `own` are
 * the reasons of its kind, where the workflow has them at hand.
 */
export async function payOnSuccess<Output>(
  order: Order,
  work: () => Promise<Delivered<Output>>,
  { listeners = NOBODY, own }: { listeners?: Listeners; own?: FailureReasons } = {},
): Promise<Output> {
  const generationRun = generationRunOf(order);
  /** Told by its identity: the work may fail with the same type, for a payment of its own. */
  let turnedAway: TemporalFailure | undefined;
  try {
    const output = await payFor();
    recordOutcome(order, 'succeeded');
    await listeners.answered();
    return output;
  } catch (failure) {
    // A fault in this code is no failure of the work: the workflow task fails, and goes on once the code is mended.
    if (!(failure instanceof TemporalFailure)) throw failure;
    return await CancellationScope.nonCancellable(() => makeGood(failure));
  }

  async function payFor(): Promise<Output> {
    const reserved = await reserve(generationRun, order, workflowInfo().workflowId);
    listeners.answer(reserved);
    if (reserved.outcome === 'delivered') return reserved.output as Output;
    if (reserved.outcome !== 'reserved') {
      turnedAway = rejection(reserved);
      throw turnedAway;
    }

    const done = await asPaidWork(order, generationRun, work);

    // Once there is an output, a cancellation comes too late: it is delivered, and paid for.
    return await CancellationScope.nonCancellable(() => deliver(done, reserved.amount));
  }

  /** Charges for the output. A hold that was lost to the sweep, or to an older run's refund, is taken once more. */
  async function deliver({ output, credits }: Delivered<Output>, held: number): Promise<Output> {
    // The customer was told the most that it can cost. An output that cost more is still worth delivering.
    if (credits !== undefined && credits > held) log.warn('the work did cost more than is held', { credits, held });
    const cost = credits === undefined ? undefined : Math.min(credits, held);
    for (let holds = 0; ; holds++) {
      const settled = await settle(generationRun, output, cost);
      if (settled.outcome !== 'closed') return settled.output as Output;
      if (holds === HOLDS_AGAIN) throw discarded();
      const reserved = await reserve(generationRun, order, workflowInfo().workflowId);
      if (reserved.outcome === 'delivered') return reserved.output as Output;
      if (reserved.outcome !== 'reserved') throw discarded();
    }
  }

  async function makeGood(failure: TemporalFailure): Promise<Output> {
    // From here on nothing is held: one who asks now, say to retry, must not hear of the hold that was.
    listeners.answer(failure);
    if (failure === turnedAway) {
      recordOutcome(order, 'rejected');
      await listeners.answered();
      throw failure;
    }
    // Asked even when nothing is known to be held: a reserve whose answer was lost may hold, or may yet arrive.
    const given = await refund(generationRun, causeOfRefund(failure, order, own));
    if (given.outcome === 'delivered') {
      // Work done again by an operator's reset has failed; what was delivered and paid for before still stands.
      recordOutcome(order, 'succeeded');
      return given.output as Output;
    }
    const cancelled = wasCancelled(failure);
    recordOutcome(order, cancelled ? 'cancelled' : 'refunded', given.reason);
    await listeners.answered();
    if (!cancelled) throw refunded(given, failure);
    throw isCancellation(failure) ? failure : new CancelledFailure(failure.message, [], failure);
  }
}

function generationRunOf({ account, generation }: Order): GenerationRun {
  const { originalExecutionRunId, runId } = workflowInfo();
  return { account, generation, execution: originalExecutionRunId as ExecutionId, run: runId as RunId };
}
