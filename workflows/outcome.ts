import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { upsertSearchAttributes } from '@temporalio/workflow';
import type { ReasonCode } from '../ledger/reasons';
import type { Order } from './order';

/** What operators filter by in Temporal's Web UI. Prefixed, for a namespace that others use too. */
export const MAKEGOOD_ACCOUNT = defineSearchAttributeKey('MakegoodAccount', SearchAttributeType.KEYWORD);
export const MAKEGOOD_OUTCOME = defineSearchAttributeKey('MakegoodOutcome', SearchAttributeType.KEYWORD);
export const MAKEGOOD_REFUND_REASON = defineSearchAttributeKey('MakegoodRefundReason', SearchAttributeType.KEYWORD);

/** `rejected` was turned away before anything was held: an expected end, told apart from a failure. */
export type WorkflowOutcome = 'succeeded' | 'refunded' | 'rejected' | 'cancelled';

export function recordOutcome(order: Order, outcome: WorkflowOutcome, reason?: ReasonCode): void {
  if (!order.indexed) return;
  upsertSearchAttributes([
    { key: MAKEGOOD_OUTCOME, value: outcome },
    ...(reason === undefined ? [] : [{ key: MAKEGOOD_REFUND_REASON, value: reason }]),
  ]);
}
