import type { Client } from '@temporalio/client';
import type { PaidWork } from '../kinds/paid-work';
import type { Database } from '../ledger/database';

/** What every call of the client works with. */
export interface Context {
  readonly db: Database;
  /** The same ledger for what only operators may do: with their login where there is one, else `db`. */
  readonly operator: Database;
  readonly temporal: Client;
  /** For messages. */
  readonly temporalAddress: string;
  readonly temporalUiUrl?: string;
  readonly taskQueue: string;
  /** By their names. */
  readonly kinds: ReadonlyMap<string, PaidWork>;
  readonly startTimeoutMs: number;
  /** Whether the Makegood search attributes are registered in the namespace. */
  indexed(): Promise<boolean>;
}
