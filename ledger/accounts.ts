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
    return row === null ? undefined : balanceOf(account, row);
  } catch (error) {
    throw asLedgerError(error);
  }
}

/** The numbers of a row: the database keeps them within what JSON holds exactly. */
export const balanceOf = (account: AccountId, row: { balance: bigint; held: bigint }): Balance => ({
  account,
  balance: Number(row.balance),
  held: Number(row.held),
});
