import { ActivityFailure, ApplicationFailure, RetryState, TimeoutFailure } from '@temporalio/common';
import { isCancellation } from '@temporalio/workflow';
import type { RefundOutcome } from '../ledger/outcomes';
import { isReasonCode, type Reason, type ReasonCode, reason } from '../ledger/reasons';
import { WORK_POLICY } from './order';

/** What an activity that does paid work tells of its failure, as the first of the failure's details. */
export interface WorkFailureDetails {
  readonly attempt: number;
  readonly status?: number;
}

/**
 * Whether the failure came of a cancellation: of the workflow, or of work whose attempt failed by itself before it had
 * heard of it. The server tries no more then, and passes on what the attempt ended with.
 */
export const wasCancelled = (failure: unknown): boolean =>
  isCancellation(failure) || (failure instanceof ActivityFailure && failure.retryState === RetryState.CANCEL_REQUESTED);

/** Any failure → the typed reason of the refund, and how often the work was tried, where that is known. */
export function refundReason(failure: unknown, maxAttempts = WORK_POLICY.attempts): Reason & { attempts?: number } {
  if (wasCancelled(failure)) return reason('CANCELLED');
  const cause = failure instanceof ActivityFailure ? failure.cause : failure;
  const attempts = attemptsOf(failure, cause, maxAttempts);
  return { ...reason(codeOf(cause), attempts), ...(attempts === undefined ? {} : { attempts }) };
}

/** What the refund was made for: the ledger may have known better by then. */
export const toldBy = (given: RefundOutcome, supposed: Reason & { attempts?: number }): Reason =>
  given.outcome === 'refunded' && given.reason !== supposed.code && isReasonCode(given.reason)
    ? reason(given.reason, supposed.attempts)
    : supposed;

function codeOf(cause: unknown): ReasonCode {
  if (cause instanceof ApplicationFailure) {
    // The last attempt was given up by a worker that was told to stop.
    if (cause.type === 'WorkerShutdown') return 'WORKER_LOST';
    return cause.type && isReasonCode(cause.type) ? cause.type : 'INTERNAL_ERROR';
  }
  if (cause instanceof TimeoutFailure) {
    // A worker that is not heard of has died, or was too busy: it may yet say so itself (activities/overload.ts).
    return cause.timeoutType === 'HEARTBEAT' ? 'WORKER_LOST' : 'WORK_TIMED_OUT';
  }
  return 'INTERNAL_ERROR';
}

function attemptsOf(failure: unknown, cause: unknown, maxAttempts: number): number | undefined {
  if (cause instanceof ApplicationFailure) {
    const [details] = (cause.details ?? []) as [WorkFailureDetails?];
    if (typeof details?.attempt === 'number') return details.attempt;
  }
  const spent = failure instanceof ActivityFailure && failure.retryState === RetryState.MAXIMUM_ATTEMPTS_REACHED;
  return spent ? maxAttempts : undefined;
}
