import type { Database } from '../database';
import { asLedgerError } from '../failures';

/** When the latest audit was made, and how many discrepancies it found; nothing before the first. */
export async function latestAudit(db: Database): Promise<{ at: Date; discrepancies: number } | undefined> {
  try {
    const [latest] = await db.$queryRaw<{ at: Date; discrepancies: number }[]>`
      SELECT at, jsonb_array_length(discrepancies) AS discrepancies FROM ${db.schema}.audit_run ORDER BY id DESC LIMIT 1`;
    return latest;
  } catch (error) {
    throw asLedgerError(error);
  }
}
