import type { Check } from './check';

const accounts = (name: string, message: string, where: string): Check => ({
  name,
  over: 'account',
  sql: `SELECT id AS account, NULL AS generation, NULL AS seq, ${message} AS message FROM seen_account WHERE ${where}`,
});

/** The check that a forged past does not pass; what it finds keeps an auditor where it is: ./index.ts. */
export const HEADS = 'heads are those of the audit before';

/** An account is the sum of its entries; all of them have been looked at, here or before. */
export const ACCOUNT_CHECKS: readonly Check[] = [
  accounts(
    'balance is the sum of entries',
    `format('the balance is %s, its entries add up to %s', balance, balance_sum)`,
    'balance <> balance_sum OR balance < 0',
  ),
  accounts(
    'held is the sum of entries',
    `format('%s is held, its entries add up to %s', held, held_sum)`,
    'held <> held_sum OR held < 0',
  ),
  accounts(
    'last number is that of the last entry',
    `format('the account counts %s entries, the last one has number %s', last_seq, reached_seq)`,
    'last_seq <> reached_seq OR (reached_seq > 0 AND last_at IS DISTINCT FROM reached_at)',
  ),
  accounts(
    'the head is the hash of the last entry',
    `'the head of the account is not the hash of its last entry'`,
    'head IS DISTINCT FROM reached_head',
  ),
  {
    name: 'held is the sum of open reservations',
    over: 'account',
    sql: `SELECT id AS account, NULL AS generation, NULL AS seq,
                 format('%s is held, the open reservations add up to %s', held, total) AS message
            FROM seen_account CROSS JOIN LATERAL (
              SELECT coalesce(sum(amount), 0) AS total FROM hold
                JOIN reservation AS r ON r.account_id = hold.account_id AND r.generation_id = hold.generation_id
                                     AND r.ordinal = hold.ordinal
               WHERE hold.account_id = seen_account.id) AS open
           WHERE held <> total`,
  },
  {
    name: HEADS,
    over: 'account',
    sql: `SELECT account, NULL AS generation, anchor_seq AS seq,
                 CASE WHEN e.seq IS NULL THEN 'the entry that was its last is gone'
                      ELSE 'the entry has another hash: something before it was forged' END AS message
            FROM given LEFT JOIN ledger_entry AS e ON e.account_id = account AND e.seq = anchor_seq
           WHERE anchor_seq IS NOT NULL
             AND coalesce(e.hash, CASE WHEN anchor_seq = 0 THEN genesis END) IS DISTINCT FROM anchor_head`,
  },
];
