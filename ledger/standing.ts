import { type Balance, balanceOf } from './accounts';
import type { Database } from './database';
import { asLedgerError } from './failures';
import type { AccountId, GenerationId } from './ids';

/** What a start looks at before it starts anything. */
export interface Standing {
  /** Nothing where there is no such account. */
  readonly account: Balance | undefined;
  /** Whether the account was erased: nothing is started on it any more. */
  readonly erased: boolean;
  /** Whether the account has a generation of this id. */
  readonly known: boolean;
}

/** In one round trip, and so of one moment. */
export async function readStanding(db: Database, account: AccountId, id: GenerationId): Promise<Standing> {
  try {
    const [row] = await db.$queryRaw<{ balance: bigint; held: bigint; erased: boolean; known: boolean }[]>`
      SELECT acc.balance, acc.held, acc.erased_at IS NOT NULL AS erased, gen.id IS NOT NULL AS known
      FROM ${db.schema}.account acc LEFT JOIN ${db.schema}.generation gen ON gen.account_id = acc.id AND gen.id = ${id}
      WHERE acc.id = ${account}`;
    if (!row) return { account: undefined, erased: false, known: false };
    return { account: balanceOf(account, row), erased: row.erased, known: row.known };
  } catch (error) {
    throw asLedgerError(error);
  }
}
