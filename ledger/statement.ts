import type { Database } from './database';
import { asLedgerError } from './failures';
import type { AccountId } from './ids';

/**
 * A period of an account, in whole credits: `opening + granted + refunded - charged = closing`, always, because all
 * of it is read in one snapshot from one unbroken stretch of the ledger.
 */
export interface Statement {
  readonly opening: number;
  /** Grants, and corrections by hand. */
  readonly granted: number;
  readonly refunded: number;
  /** All that was reserved, also what is still held, less what settling gave back of it. */
  readonly charged: number;
  readonly closing: number;
  /** The stretch of entries: `seq` above `after`, up to and including `last`. */
  readonly after: number;
  readonly last: number;
  /** The account as it is now, whatever the period. */
  readonly balance: number;
  readonly held: number;
}

/** From this moment on, and before that one; without them from the first entry, to the newest. */
export interface Period {
  readonly from?: Date;
  readonly to?: Date;
}

const NOTHING = { opening: 0, granted: 0, refunded: 0, charged: 0, closing: 0, after: 0, last: 0, balance: 0, held: 0 };

/** An account that does not exist has nothing, and adds up. */
export async function readStatement(db: Database, account: AccountId, { from, to }: Period = {}): Promise<Statement> {
  const rows = await db.$queryRaw<Record<keyof Statement, bigint | number>[]>`
    WITH bound AS (
      SELECT balance, held,
        ${db.schema}.last_seq_before(id, ${from ?? null}::timestamptz) AS after,
        CASE WHEN ${to ?? null}::timestamptz IS NULL THEN last_seq ELSE ${db.schema}.last_seq_before(id, ${to ?? null}::timestamptz) END AS last
      FROM ${db.schema}.account acc WHERE id = ${account}
    ), stretch AS (
      SELECT balance, held, after, greatest(after, last) AS last FROM bound
    )
    SELECT balance, held, after, last,
      coalesce((SELECT balance_after FROM ${db.schema}.ledger_entry WHERE account_id = ${account} AND seq = after), 0) AS opening,
      coalesce((SELECT balance_after FROM ${db.schema}.ledger_entry WHERE account_id = ${account} AND seq = last), 0) AS closing,
      moved.*
    FROM stretch, LATERAL (
      SELECT coalesce(sum(balance_delta) FILTER (WHERE kind IN ('GRANT', 'ADJUST')), 0)::bigint AS granted,
             coalesce(sum(balance_delta) FILTER (WHERE kind = 'REFUND'), 0)::bigint AS refunded,
             coalesce(-sum(balance_delta) FILTER (WHERE kind IN ('RESERVE', 'SETTLE')), 0)::bigint AS charged
      FROM ${db.schema}.ledger_entry WHERE account_id = ${account} AND seq > after AND seq <= last
    ) moved`.catch((error) => {
    throw asLedgerError(error);
  });
  const [row] = rows;
  if (!row) return NOTHING;
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Number(value)])) as unknown as Statement;
}
