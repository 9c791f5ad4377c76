import { Prisma } from '../../prisma/client/client';
import type { Database } from '../database';
import { asLedgerError } from '../failures';

/** What a look goes through: one moment of the database, and no writing. */
export type Snapshot = Prisma.TransactionClient;

/** No look holds a snapshot for longer, in ms: one that is held keeps Postgres from tidying up behind the moves. */
const TIMEOUT = 30_000;

/** For this transaction alone: a pooler hands the session to somebody else after it. */
const settings = (schema: string, byKey: boolean) => `
  SELECT set_config('transaction_read_only', 'on', true),
         set_config('search_path', '${schema.replaceAll("'", "''")}, pg_temp', true),
         -- Times are told alike, so that what is found twice has one name.
         set_config('timezone', 'UTC', true), set_config('datestyle', 'ISO', true),
         -- One that nobody waits for any more must not go on.
         set_config('statement_timeout', '${TIMEOUT}', true),
         -- As much as one look sorts.
         set_config('work_mem', '64MB', true), set_config('jit', 'off', true)
         ${['seqscan', 'hashjoin', 'mergejoin', 'memoize'].map((way) => `, set_config('enable_${way}', '${byKey ? 'off' : 'on'}', true)`).join('')}`;

/**
 * Reads in one snapshot. `byKey`: what belongs to a row is looked up by key, whatever Postgres thinks of the sizes.
 * Throws what a read of the ledger throws.
 */
export async function inSnapshot<T>(db: Database, byKey: boolean, read: (tx: Snapshot) => Promise<T>): Promise<T> {
  const work = async (tx: Snapshot) => {
    await tx.$queryRawUnsafe(settings(db.schema.sql, byKey));
    return read(tx);
  };
  const isolationLevel = Prisma.TransactionIsolationLevel.RepeatableRead;
  return db.$transaction(work, { isolationLevel, timeout: TIMEOUT }).catch((error) => {
    throw asLedgerError(error);
  });
}
