import { ApplicationFailure } from '@temporalio/common';
import { MakegoodError } from '../errors';
import { orderOf, type WorkRequest } from '../kinds/order';
import type { OutputOf, PaidWork, ParsedInputOf } from '../kinds/paid-work';
import type { Order } from './order';
import { checked, type Work } from './paid-work';
import { payOnSuccess } from './pay-on-success';

/**
 * Pays for a part of a larger workflow: holds the price, does the work, charges what it did cost; where the work fails
 * for good, gives the credits back and throws an ApplicationFailure with the reason as its type. In any workflow, under
 * any workflow id, once or for several generations. Idempotent by account and id: what was delivered is the answer.
 * Throws an ApplicationFailure INSUFFICIENT_CREDITS, INVALID_INPUT, … where nothing was held.
 */
export async function pay<W extends PaidWork>(kind: W, request: WorkRequest<W>, work: Work<W>): Promise<OutputOf<W>> {
  const order = orderFor(kind, request);
  const parsed = order.input as ParsedInputOf<W>;
  return payOnSuccess(order, () => checked(kind, work(parsed)), { own: kind.reasons });
}

/** What a `paidWorkflow` takes as its argument, for those who start it as a child. Throws as `pay` does. */
export function orderFor<W extends PaidWork>(kind: W, request: WorkRequest<W>): Order {
  try {
    return orderOf(kind, request);
  } catch (error) {
    // A failure of the workflow's, not of its code: it would be tried for ever.
    if (!(error instanceof MakegoodError)) throw error;
    throw ApplicationFailure.nonRetryable(error.message, error.code, error.details);
  }
}
