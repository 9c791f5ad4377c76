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
import { refundReason, toldBy, wasCancelled } from './refund-reason';
import { discarded, isRejection, refunded, rejection } from './verdicts';

/** How often a hold that was lost is taken again: each loss takes a reset, and a delay, of its own. */
const HOLDS_AGAIN = 3;

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

    // Once there is an output, a cancellation comes too late: it is delivered, and paid for.
    return await CancellationScope.nonCancellable(() => deliver(output));
  }

  /** Charges for the output. A hold that was lost to the sweep, or to an older run's refund, is taken once more. */
  async function deliver(output: Output): Promise<Output> {
    for (let holds = 0; ; holds++) {
      const settled = await settle(generationRun, output);
      if (settled.outcome !== 'closed') return settled.output as Output;
      if (holds === HOLDS_AGAIN) throw discarded();
      const reserved = await reserve(generationRun, order, workflowInfo().workflowId);
      if (reserved.outcome === 'delivered') return reserved.output as Output;
      if (reserved.outcome !== 'reserved') throw discarded();
    }
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
    const supposed = refundReason(failure, order.policy?.attempts);
    const { attempts } = supposed;
    const last = attempts === undefined ? undefined : { step: order.kind, number: attempts };
    const given = await refund(generationRun, supposed, last);
    if (given.outcome === 'delivered') {
      // Work done again by an operator's reset has failed; what was delivered and paid for before still stands.
      recordOutcome(order, 'succeeded');
      return given.output as Output;
    }
    const reason = toldBy(given, supposed);
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
