import type { Database } from './database';
import { asLedgerError } from './failures';
import type { AccountId } from './ids';

/** In whole credits: what can be spent, and what is held for work under way. */
export interface Balance {
  readonly account: AccountId;
  readonly balance: number;
  readonly held: number;
}

/** Nothing where there is no such account. */
export async function readBalance(db: Database, account: AccountId): Promise<Balance | undefined> {
  try {
    const row = await db.account.findUnique({ where: { id: account } });
    return row === null ? undefined : { account, balance: Number(row.balance), held: Number(row.held) };
  } catch (error) {
    throw asLedgerError(error);
  }
}
