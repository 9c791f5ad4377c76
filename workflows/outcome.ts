import { upsertSearchAttributes } from '@temporalio/workflow';
import type { ReasonCode } from '../ledger/reasons';
import { MAKEGOOD_OUTCOME, MAKEGOOD_REFUND_REASON } from './interface';
import type { Order } from './order';

/** `rejected` was turned away before anything was held: an expected end, told apart from a failure. */
export type WorkflowOutcome = 'succeeded' | 'refunded' | 'rejected' | 'cancelled';

export function recordOutcome(order: Order, outcome: WorkflowOutcome, reason?: ReasonCode): void {
  if (!order.indexed) return;
  upsertSearchAttributes([
    { key: MAKEGOOD_OUTCOME, value: outcome },
    ...(reason === undefined ? [] : [{ key: MAKEGOOD_REFUND_REASON, value: reason }]),
  ]);
}
