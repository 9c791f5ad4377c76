import { Prisma } from '../prisma/client/client';
import type { Database } from './database';
import { asLedgerError } from './failures';
import type { AccountId } from './ids';
import { type Selection, selected } from './selection';
import { type Period, stretchQuery } from './stretch';
import { selectionOf, type UsageSelection } from './usage';

/**
 * A period of an account, in whole credits: `opening + granted + refunded - charged = closing`, always, because all
 * of it is read in one snapshot from one unbroken stretch of the ledger. A charge is of the period in which it was held,
 * and is what it cost; what is held as long as that is open.
 */
export interface Statement {
  readonly opening: number;
  /** Grants, and corrections by hand. */
  readonly granted: number;
  readonly refunded: number;
  /** What charges cost, and all that is still held. */
  readonly charged: number;
  readonly closing: number;
  /** The stretch of entries: `seq` above `after`, up to and including `last`. */
  readonly after: number;
  readonly last: number;
  /** The account as it is now, whatever the period. */
  readonly balance: number;
  readonly held: number;
  /** Of the generations that were selected, the same and what is left to pay; null where none were. */
  readonly selected: Spent | null;
}

/** `spent` is what was charged and not refunded. */
export interface Spent {
  readonly charged: number;
  readonly refunded: number;
  readonly spent: number;
}

const NOTHING = { opening: 0, granted: 0, refunded: 0, charged: 0, closing: 0, after: 0, last: 0, balance: 0, held: 0 };

/** An account that does not exist has nothing, and adds up. */
export async function readStatement(
  db: Database,
  account: AccountId,
  filter: Period & UsageSelection = {},
): Promise<Statement> {
  const { schema } = db;
  const rows = await db.$queryRaw<Record<string, bigint>[]>`
    WITH stretch AS (
      SELECT *, ${schema}.rest_after(${account}, after) AS rest_before, ${schema}.rest_after(${account}, last) AS rest
      FROM (${stretchQuery(db, account, filter)}) AS bound
    )
    SELECT balance, held, after, last, granted, refunded, charged + rest_before - rest AS charged,
      coalesce((SELECT balance_after FROM ${schema}.ledger_entry WHERE account_id = ${account} AND seq = after), 0)
        + rest_before AS opening,
      coalesce((SELECT balance_after FROM ${schema}.ledger_entry WHERE account_id = ${account} AND seq = last), 0)
        + rest AS closing
    FROM stretch, LATERAL (
      SELECT coalesce(sum(balance_delta) FILTER (WHERE kind IN ('GRANT', 'ADJUST')), 0)::bigint AS granted,
             coalesce(sum(balance_delta) FILTER (WHERE kind = 'REFUND'), 0)::bigint AS refunded,
             coalesce(-sum(balance_delta) FILTER (WHERE kind IN ('RESERVE', 'SETTLE')), 0)::bigint AS charged
      FROM ${schema}.ledger_entry WHERE account_id = ${account} AND seq > after AND seq <= last
    ) AS moved`.catch((error) => {
    throw asLedgerError(error);
  });
  const [row] = rows;
  if (!row) return { ...NOTHING, selected: null };
  const sums = Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Number(value)])) as typeof NOTHING;
  const selection = selectionOf(filter);
  return { ...sums, selected: selection === undefined ? null : await spentOn(db, account, selection, sums) };
}

/** Of the same stretch, by reservations: those of a rare user are found at once. */
async function spentOn(
  db: Database,
  account: AccountId,
  selection: Selection,
  { after, last }: Pick<Statement, 'after' | 'last'>,
): Promise<Spent> {
  const [row] = await db.$queryRaw<[{ charged: bigint; refunded: bigint }]>`
    SELECT coalesce(sum(coalesce(cost, amount)) FILTER (WHERE reserve_seq > ${after} AND reserve_seq <= ${last}), 0)::bigint
             AS charged,
           coalesce(sum(amount) FILTER (WHERE state = 'REFUNDED' AND close_seq > ${after} AND close_seq <= ${last}), 0)::bigint
             AS refunded
    FROM ${db.schema}.reservation AS res
    JOIN ${db.schema}.generation AS gen ON gen.account_id = res.account_id AND gen.id = res.generation_id
    WHERE gen.account_id = ${account} AND ${Prisma.join(selected(selection), ' AND ')}`.catch((error) => {
    throw asLedgerError(error);
  });
  const [charged, refunded] = [Number(row.charged), Number(row.refunded)];
  return { charged, refunded, spent: charged - refunded };
}
