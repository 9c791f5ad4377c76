import type { Database } from './database';
import { asLedgerError } from './failures';
import type { AccountId } from './ids';

/** Entries with `seq` above `after` and below `before`; undefined: without bound. */
export interface Stretch {
  readonly after?: number;
  readonly before?: number;
}

/**
 * The stretch of an account's entries that lies in a period: from this moment on, and before that one. Entries are
 * numbered in the order of their moments, so a few looks at the primary key replace reading all that is newer.
 */
export async function stretchOf(
  db: Database,
  account: AccountId,
  { from, to }: { readonly from?: Date; readonly to?: Date },
): Promise<Stretch> {
  if (from === undefined && to === undefined) return {};
  const [row] = await db.$queryRaw<[{ after: bigint; before: bigint }]>`
    SELECT ${db.schema}.last_seq_before(${account}, ${from ?? null}::timestamptz) AS after,
           ${db.schema}.last_seq_before(${account}, ${to ?? null}::timestamptz) + 1 AS before`.catch((error) => {
    throw asLedgerError(error);
  });
  return {
    ...(from === undefined ? {} : { after: Number(row.after) }),
    ...(to === undefined ? {} : { before: Number(row.before) }),
  };
}
