import type { Client } from '@temporalio/client';
import type { Database } from '../ledger/database';
import type { WorkPolicy } from '../workflows/order';
import type { PRICES } from './pricing';

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
  readonly prices: typeof PRICES;
  readonly startTimeoutMs: number;
  readonly policy?: Partial<WorkPolicy>;
  /** Whether the Makegood search attributes are registered in the namespace. */
  indexed(): Promise<boolean>;
}
