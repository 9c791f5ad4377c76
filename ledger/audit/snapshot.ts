import { Prisma } from '../../prisma/client/client';
import type { Database } from '../database';
import { asLedgerError } from '../failures';

/** What every query of an audit goes through: one moment of the database, and no writing. */
export type Snapshot = Prisma.TransactionClient;

/** It is held this long at most, in ms: many times what a million entries take. */
const TIMEOUT = 600_000;

/** Reads in one snapshot. Throws what a read of the ledger throws. */
export async function inSnapshot<T>(db: Database, read: (tx: Snapshot) => Promise<T>): Promise<T> {
  const work = async (tx: Snapshot) => {
    await tx.$executeRawUnsafe('SET TRANSACTION READ ONLY');
    // For this transaction alone. Without pg_temp at its end, temporary tables would go before ours.
    await tx.$executeRawUnsafe(`SET LOCAL search_path = ${db.schema.sql}, pg_temp`);
    return read(tx);
  };
  const isolationLevel = Prisma.TransactionIsolationLevel.RepeatableRead;
  return db.$transaction(work, { isolationLevel, timeout: TIMEOUT }).catch((error) => {
    throw asLedgerError(error);
  });
}
