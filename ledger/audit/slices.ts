import type { Snapshot } from './snapshot';

/** The accounts after `from` up to `to`; null is no bound. */
export interface Slice {
  readonly from: string | null;
  readonly to: string | null;
}

/**
 * So many entries are looked at by one query: some hundred milliseconds of work, far below the ledger's statement
 * timeout however large the ledger is, and no more than fits into SORT_MEMORY.
 */
const ENTRIES = 100_000;
export const SORT_MEMORY = '64MB';

/** Cuts the accounts into slices that have about as many entries; together they leave nothing out. */
export async function slicesOf(tx: Snapshot): Promise<Slice[]> {
  const ends = await tx.$queryRawUnsafe<{ id: string }[]>(
    `SELECT max(id) AS id
       FROM (SELECT id, div(sum(last_seq) OVER (ORDER BY id), ${ENTRIES}) AS slice FROM account) AS sliced
      GROUP BY slice ORDER BY slice`,
  );
  const bounds = [null, ...ends.slice(0, -1).map(({ id }) => id), null];
  return bounds.slice(1).map((to, index) => ({ from: bounds[index] ?? null, to }));
}

const TABLES = { account: 'id', generation: 'account_id', reservation: 'account_id', ledger_entry: 'account_id' };

/** The query, seeing only the accounts of a slice, which are its first two values: $1 and $2. */
export function withinSlice(sql: string): string {
  // These names go before those of the tables, but for each within itself; and a query that is not materialized is planned as part of the whole.
  const tables = Object.entries(TABLES).map(
    ([table, account]) => `${table} AS NOT MATERIALIZED (
      SELECT * FROM ${table}
       WHERE ($1::text IS NULL OR ${account} > $1) AND ($2::text IS NULL OR ${account} <= $2))`,
  );
  return `WITH ${tables.join(', ')} ${sql}`;
}
