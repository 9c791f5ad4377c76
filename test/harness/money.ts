import type { UsageEntry } from '../../ledger/usage';
import { makegood, ownerSql } from '.';

/** The account's entries, oldest first. */
export async function entriesOf(account: string): Promise<UsageEntry[]> {
  const { entries } = await makegood().usage(account, { limit: 1000 });
  return [...entries].reverse();
}

/** The account's statement without its grants, one line an entry: `RESERVE -1 g1`. */
export async function movesOf(account: string): Promise<string[]> {
  const entries = await entriesOf(account);
  return entries
    .filter(({ kind }) => kind !== 'GRANT')
    .map(({ kind, amount, held, generation, reason }) =>
      [kind, kind === 'SETTLE' ? held : amount, generation, reason].filter((word) => word !== null).join(' '),
    );
}

/** Fails unless balance and held are the sums of the entries and of the open reservations. */
export async function expectToAddUp(account: string): Promise<void> {
  const { balance, held } = await makegood().balance(account);
  const entries = await entriesOf(account);
  const open = await ownerSql().query<{ sum: string }>(
    `SELECT coalesce(sum(amount), 0) AS sum FROM reservation WHERE account_id = $1 AND state = 'RESERVED'`,
    [account],
  );
  expect({ balance, held, open: Number(open.rows[0]?.sum) }).toEqual({
    balance: entries.reduce((sum, entry) => sum + entry.amount, 0),
    held: entries.reduce((sum, entry) => sum + entry.held, 0),
    open: held,
  });
  expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, index) => index + 1));
}
