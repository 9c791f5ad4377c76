import type { Check } from './check';

/** Accounts and their entries: the entries are the truth, and the account is their sum. */
export const ENTRY_CHECKS: readonly Check[] = [
  {
    name: 'balance is the sum of entries',
    over: 'account',
    sql: `SELECT id AS account, NULL AS generation, NULL::bigint AS seq,
                 format('the balance is %s, its entries add up to %s', balance, coalesce(total, 0)) AS message
            FROM account
            LEFT JOIN (SELECT account_id, sum(balance_delta) AS total FROM ledger_entry GROUP BY account_id) AS entries
              ON account_id = id
           WHERE balance <> coalesce(total, 0)`,
  },
  {
    name: 'held is the sum of entries',
    over: 'account',
    sql: `SELECT id AS account, NULL AS generation, NULL::bigint AS seq,
                 format('%s is held, its entries add up to %s', held, coalesce(total, 0)) AS message
            FROM account
            LEFT JOIN (SELECT account_id, sum(held_delta) AS total FROM ledger_entry GROUP BY account_id) AS entries
              ON account_id = id
           WHERE held <> coalesce(total, 0)`,
  },
  {
    name: 'last number is that of the last entry',
    over: 'account',
    sql: `SELECT id AS account, NULL AS generation, coalesce(last, 0) AS seq,
                 format('the account counts %s entries, the last one has number %s', last_seq, coalesce(last, 0)) AS message
            FROM account
            LEFT JOIN (SELECT account_id, max(seq) AS last FROM ledger_entry GROUP BY account_id) AS entries
              ON account_id = id
           WHERE last_seq <> coalesce(last, 0)`,
  },
  {
    name: 'entries are numbered without gaps',
    over: 'ledger_entry',
    sql: `SELECT account_id AS account, generation_id AS generation, seq,
                 format('entry %s comes after entry %s', seq, before) AS message
            FROM (SELECT account_id, generation_id, seq, lag(seq, 1, 0::bigint) OVER (PARTITION BY account_id ORDER BY seq) AS before
                    FROM ledger_entry) AS entry
           WHERE seq <> before + 1`,
  },
  {
    name: 'balances follow from one another',
    over: 'ledger_entry',
    sql: `SELECT account_id AS account, generation_id AS generation, seq,
                 format('the balance was %s, %s was added, and it is said to be %s', before, balance_delta, balance_after)
                   AS message
            FROM (SELECT account_id, generation_id, seq, balance_delta, balance_after,
                         lag(balance_after, 1, 0::bigint) OVER (PARTITION BY account_id ORDER BY seq) AS before
                    FROM ledger_entry) AS entry
           WHERE balance_after <> before + balance_delta`,
  },
  {
    name: 'changes of an entry fit its kind',
    over: 'ledger_entry',
    sql: `SELECT account_id AS account, generation_id AS generation, seq,
                 format('%s with balance %s and held %s', kind, balance_delta, held_delta) AS message
            FROM ledger_entry
           WHERE NOT CASE kind
                   WHEN 'GRANT' THEN balance_delta > 0 AND held_delta = 0
                   WHEN 'RESERVE' THEN balance_delta <= 0 AND held_delta = -balance_delta
                   WHEN 'SETTLE' THEN balance_delta = 0 AND held_delta <= 0
                   WHEN 'REFUND' THEN balance_delta >= 0 AND held_delta = -balance_delta
                 END`,
  },
  {
    name: 'entries have their account',
    over: 'ledger_entry',
    sql: `SELECT account_id AS account, generation_id AS generation, seq, 'there is no such account' AS message
            FROM ledger_entry
           WHERE NOT EXISTS (SELECT FROM account WHERE id = account_id)`,
  },
  {
    name: 'entries have their reservation',
    over: 'ledger_entry',
    sql: `SELECT entry.account_id AS account, entry.generation_id AS generation, seq,
                 CASE kind WHEN 'GRANT' THEN 'a grant belongs to no reservation'
                           ELSE format('%s of reservation %s, which this generation does not have', kind,
                                       coalesce(reservation_id::text, 'none')) END AS message
            FROM ledger_entry AS entry
            LEFT JOIN reservation ON reservation.account_id = entry.account_id
                                 AND reservation.generation_id = entry.generation_id
                                 AND reservation.id = reservation_id
           WHERE (kind = 'GRANT') <> (reservation.id IS NULL) OR (kind = 'GRANT' AND reservation_id IS NOT NULL)`,
  },
];
