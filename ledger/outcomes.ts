import type { Attribution } from './attribution';
import type { AccountId, ExecutionId, GenerationId, RunId } from './ids';

/** Whose generation, asked by which run of which execution: every movement of credits names all four. */
export interface GenerationRun {
  readonly account: AccountId;
  readonly generation: GenerationId;
  readonly execution: ExecutionId;
  readonly run: RunId;
}

/** What is fixed when a generation is reserved. `price` in credits, from the server's catalogue. */
export interface Reservation extends Attribution {
  readonly price: number;
  readonly kind: string;
  readonly label: string;
  readonly inputHash: string;
  readonly workflowId: string;
  /** The UUID of the Temporal namespace, not its name: two servers may both have a `default`. */
  readonly namespace: string;
  /** The ordinal of the refund after which a retry pays again; none for a start, which never does. */
  readonly after?: number;
  /** Of a retry: the caller's own key for it. */
  readonly retryKey?: string;
}

export type Reserved = { outcome: 'reserved'; amount: number; balance: number; held: number };
export type Insufficient = { outcome: 'insufficient'; balance: number; price: number };
export type Delivered = { outcome: 'delivered'; output: unknown };
/** This run is closed, another holds, or it was refunded and this is no retry: it may charge nothing. */
export type Closed = { outcome: 'closed' };
/** What has been erased is never started, granted or adjusted again. */
export type Erased = { outcome: 'account_erased' } | { outcome: 'generation_erased' };
/** The ledger believes another run: call again as `proven`, if Temporal says that this is its newest. */
export type NotNewest = { outcome: 'not_newest' };

export type ReserveOutcome =
  | Reserved
  | Insufficient
  | Delivered
  | Closed
  | { outcome: 'conflict' }
  | { outcome: 'unknown_account' }
  | Erased;

/** `amount` is what was charged: at most what was held. */
export type SettleOutcome = { outcome: 'settled'; amount: number; output: unknown } | Delivered | Closed;

export type Refunded = { outcome: 'refunded'; amount: number; reason: string };
export type RefundOutcome = Refunded | Delivered | { outcome: 'nothing_held' };
export type SweepOutcome = Refunded | { outcome: 'nothing_held' };

/** Of a key that is known: what was granted or adjusted under it before. */
export type GrantOutcome =
  | { outcome: 'granted' | 'conflict'; amount: number; balance: number; held: number }
  | { outcome: 'account_erased' };
export type AdjustOutcome =
  | { outcome: 'adjusted' | 'conflict'; amount: number; balance: number; held: number }
  | Insufficient
  | { outcome: 'unknown_account' }
  | { outcome: 'account_erased' };
