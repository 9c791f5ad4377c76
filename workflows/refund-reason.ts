import { ActivityFailure, ApplicationFailure, RetryState, TimeoutFailure } from '@temporalio/common';
import { isCancellation } from '@temporalio/workflow';
import { type FailureReasons, isKnown, type ReasonCode } from '../ledger/reasons';
import type { Order } from './order';

/** What a step tells of its failure, as the first of the failure's details. */
export interface StepFailureDetails {
  readonly attempt: number;
  readonly status?: number;
  /** The failure's type is a reason of the kind's own. */
  readonly own?: boolean;
}

/** Why a refund is made, as far as the workflow knows. */
export interface RefundCause {
  readonly kind: string;
  readonly code: ReasonCode;
  /** The step that failed, by the name of its activity, and how often it was tried. */
  readonly step?: string;
  readonly attempts?: number;
}

/**
 * Whether the failure came of a cancellation: of the workflow, or of work whose attempt failed by itself before it had
 * heard of it. The server tries no more then, and passes on what the attempt ended with.
 */
export const wasCancelled = (failure: unknown): boolean =>
  isCancellation(failure) || (failure instanceof ActivityFailure && failure.retryState === RetryState.CANCEL_REQUESTED);

/** Any failure → why the credits are given back. `own` are the reasons of the kind, where they are at hand. */
export function causeOfRefund(
  failure: unknown,
  { kind, tries }: Pick<Order, 'kind' | 'tries'>,
  own: FailureReasons = {},
): RefundCause {
  if (wasCancelled(failure)) return { kind, code: 'CANCELLED' };
  const cause = failure instanceof ActivityFailure ? failure.cause : failure;
  const attempts = attemptsOf(failure, cause, tries.attempts);
  return {
    kind,
    code: codeOf(cause, own),
    ...(failure instanceof ActivityFailure ? { step: failure.activityType } : {}),
    ...(attempts === undefined ? {} : { attempts }),
  };
}

function codeOf(cause: unknown, own: FailureReasons): ReasonCode {
  if (cause instanceof ApplicationFailure) {
    const { type } = cause;
    // The last attempt was given up by a worker that was told to stop.
    if (type === 'WorkerShutdown') return 'WORKER_LOST';
    return type && (isKnown(type, own) || detailsOf(cause)?.own) ? type : 'INTERNAL_ERROR';
  }
  if (cause instanceof TimeoutFailure) {
    // A worker that is not heard of has died, or was too busy: it may yet say so itself (activities/overload.ts).
    return cause.timeoutType === 'HEARTBEAT' ? 'WORKER_LOST' : 'WORK_TIMED_OUT';
  }
  return 'INTERNAL_ERROR';
}

function attemptsOf(failure: unknown, cause: unknown, maxAttempts: number): number | undefined {
  const details = cause instanceof ApplicationFailure ? detailsOf(cause) : undefined;
  if (typeof details?.attempt === 'number') return details.attempt;
  const spent = failure instanceof ActivityFailure && failure.retryState === RetryState.MAXIMUM_ATTEMPTS_REACHED;
  return spent ? maxAttempts : undefined;
}

const detailsOf = ({ details }: ApplicationFailure) => (details as [StepFailureDetails?] | undefined)?.[0];
