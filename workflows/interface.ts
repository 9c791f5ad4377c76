import { defineSearchAttributeKey, SearchAttributeType, type UpdateDefinition } from '@temporalio/common';
import type { Reserved } from '../ledger/outcomes';

// What workflows and those who start them share. A backend starts, and has no `@temporalio/workflow`: nothing here takes it.

/** What operators filter by in Temporal's Web UI. Prefixed, for a namespace that others use too. */
export const MAKEGOOD_ACCOUNT = defineSearchAttributeKey('MakegoodAccount', SearchAttributeType.KEYWORD);
export const MAKEGOOD_OUTCOME = defineSearchAttributeKey('MakegoodOutcome', SearchAttributeType.KEYWORD);
export const MAKEGOOD_REFUND_REASON = defineSearchAttributeKey('MakegoodRefundReason', SearchAttributeType.KEYWORD);

/** What one who starts a generation is told once its credits are held, or were long since charged. */
export type HeldAnswer = Reserved | { outcome: 'delivered' };

/** Waits until the credits are held. Takes the hash of the caller's input: another input under this id is a conflict. */
export const heldUpdate = { type: 'update', name: 'held' } as UpdateDefinition<HeldAnswer, [inputHash: string]>;
