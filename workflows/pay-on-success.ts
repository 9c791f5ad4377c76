import {
  CancellationScope,
  CancelledFailure,
  isCancellation,
  TemporalFailure,
  workflowInfo,
} from '@temporalio/workflow';
import type { ExecutionId, RunId } from '../ledger/ids';
import type { GenerationRun } from '../ledger/outcomes';
import { refund, reserve, settle } from './credits';
import { answerHeld } from './held';
import type { Order } from './order';
import { recordOutcome } from './outcome';
import { refundReason, wasCancelled } from './refund-reason';
import { discarded, isRejection, refunded, rejection } from './verdicts';

/**
 * Runs paid work so that its customer pays for the outcome only: reserves the price, does the work, settles when it
 * is done, and gives the credits back when it fails for good or is cancelled. Knows nothing of what the work is.
 */
export async function payOnSuccess<Output>(
  order: Order,
  work: (generationRun: GenerationRun) => Promise<Output>,
): Promise<Output> {
  const generationRun = generationRunOf(order);
  const held = answerHeld(order);
  try {
    const output = await payFor();
    recordOutcome(order, 'succeeded');
    await held.answered();
    return output;
  } catch (failure) {
    // A fault in this code is no failure of the work: the workflow task fails, and goes on once the code is mended.
    if (!(failure instanceof TemporalFailure)) throw failure;
    return await CancellationScope.nonCancellable(() => makeGood(failure));
  }

  async function payFor(): Promise<Output> {
    const reserved = await reserve(generationRun, order, workflowInfo().workflowId);
    held.answer(reserved);
    if (reserved.outcome === 'delivered') return reserved.output as Output;
    if (reserved.outcome !== 'reserved') throw rejection(reserved);

    const output = await work(generationRun);

    // Once there is a draft, a cancellation comes too late: it is delivered, and paid for.
    const settled = await CancellationScope.nonCancellable(() => settle(generationRun, output));
    if (settled.outcome === 'insufficient') throw rejection(settled);
    if (settled.outcome === 'closed') throw discarded();
    return settled.output as Output;
  }

  async function makeGood(failure: TemporalFailure): Promise<Output> {
    // From here on nothing is held: one who asks now, to retry say, must not hear of the hold that was.
    held.answer(failure);
    if (isRejection(failure)) {
      recordOutcome(order, 'rejected');
      await held.answered();
      throw failure;
    }
    // Asked even when nothing is known to be held: a reserve whose answer was lost may hold, or may yet arrive.
    const reason = refundReason(failure, order.policy?.attempts);
    const given = await refund(generationRun, reason, reason.attempts);
    if (given.outcome === 'delivered') {
      // Work done again by an operator's reset has failed; what was delivered and paid for before still stands.
      recordOutcome(order, 'succeeded');
      return given.output as Output;
    }
    const cancelled = wasCancelled(failure);
    recordOutcome(order, cancelled ? 'cancelled' : 'refunded', reason.code);
    await held.answered();
    if (!cancelled) throw refunded(reason, given, failure);
    throw isCancellation(failure) ? failure : new CancelledFailure(failure.message, [], failure);
  }
}

function generationRunOf({ account, generation }: Order): GenerationRun {
  const { originalExecutionRunId, runId } = workflowInfo();
  return { account, generation, execution: originalExecutionRunId as ExecutionId, run: runId as RunId };
}
