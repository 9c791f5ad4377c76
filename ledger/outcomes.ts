import type { AccountId, ExecutionId, GenerationId, RunId } from './ids';

/** Whose generation, asked by which run of which try: every movement of credits names all four. */
export interface GenerationRun {
  readonly account: AccountId;
  readonly generation: GenerationId;
  readonly execution: ExecutionId;
  readonly run: RunId;
}

/** What is fixed when a generation is reserved. `price` in credits, from the server's catalogue. */
export interface Reservation {
  readonly price: number;
  readonly kind: string;
  readonly label: string;
  readonly inputHash: string;
  readonly workflowId: string;
  /** The UUID of the Temporal namespace, not its name: two servers may both have a `default`. */
  readonly namespace: string;
  /** The ordinal of the refund after which a retry pays again; none for a start, which never does. */
  readonly after?: number;
}

export type Reserved = { outcome: 'reserved'; amount: number; balance: number; held: number };
export type Insufficient = { outcome: 'insufficient'; balance: number; price: number };
export type Delivered = { outcome: 'delivered'; output: unknown };
/** This run has refunded, another try holds the reservation, or it was refunded and no retry: it may charge nothing. */
export type Closed = { outcome: 'closed' };

export type ReserveOutcome =
  | Reserved
  | Insufficient
  | Delivered
  | Closed
  | { outcome: 'conflict' }
  | { outcome: 'unknown_account' };

export type SettleOutcome = { outcome: 'settled'; amount: number; output: unknown } | Delivered | Insufficient | Closed;

export type RefundOutcome =
  | { outcome: 'refunded'; amount: number; reason: string }
  | Delivered
  | { outcome: 'nothing_held' };

export type GrantOutcome =
  | { outcome: 'granted'; amount: number; balance: number; held: number }
  | { outcome: 'conflict'; amount: number; balance: number; held: number };
