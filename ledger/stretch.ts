import { Prisma } from '../prisma/client/client';
import type { Database } from './database';
import { asLedgerError } from './failures';
import type { AccountId } from './ids';

/** From this moment on, and before that one; without them from the first entry, to the newest. */
export interface Period {
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

/** Entries with `seq` above `after` and below `before`; undefined: without bound. */
export interface Stretch {
  readonly after?: number;
  readonly before?: number;
}

/**
 * The stretch of an account's entries that lies in a period, as a query of one row: `seq` above `after`, up to and
 * including `last`. Entries are numbered in the order of their moments, so a few looks at the primary key replace reading
 * all that is newer. No row where there is no such account.
 */
export const stretchQuery = ({ schema }: Database, account: AccountId, { from, to }: Period): Prisma.Sql => Prisma.sql`
  SELECT balance, held, after, greatest(after, last) AS last FROM (
    SELECT balance, held, ${schema}.last_seq_before(id, ${from ?? null}::timestamptz) AS after,
           ${to === undefined ? Prisma.sql`last_seq` : Prisma.sql`${schema}.last_seq_before(id, ${to}::timestamptz)`} AS last
    FROM ${schema}.account WHERE id = ${account}
  ) AS bound`;

/** The same as bounds of a read; none where no moment is given, so that what lands meanwhile is in it. */
export async function stretchOf(db: Database, account: AccountId, { from, to }: Period): Promise<Stretch> {
  if (from === undefined && to === undefined) return {};
  const query = stretchQuery(db, account, { from, to });
  const [row] = await db.$queryRaw<{ after: bigint; last: bigint }[]>(query).catch((error) => {
    throw asLedgerError(error);
  });
  return {
    ...(from === undefined ? {} : { after: Number(row?.after ?? 0) }),
    ...(to === undefined ? {} : { before: Number(row?.last ?? 0) + 1 }),
  };
}
