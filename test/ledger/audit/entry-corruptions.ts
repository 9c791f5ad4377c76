import {
  account,
  CHAIN,
  type Corruption,
  copied,
  entry,
  FUTURE,
  generation,
  OPEN_SUM,
  removed,
  reservation,
  TEXTS,
} from './corruption';

/** Of its entries: their numbers, sums, moments, hashes and what they belong to. */
export const ENTRY_CORRUPTIONS: readonly Corruption[] = [
  {
    what: 'an entry is renumbered',
    by: `${entry(6, 'seq = 7')}; ${account('last_seq = 7')}`,
    check: 'entries are numbered without gaps',
    names: { seq: 7, generation: 'back' },
    also: [CHAIN],
  },
  {
    what: 'an entry in the middle is removed',
    by: removed('ledger_entry', 'seq = 5'),
    check: 'entries are numbered without gaps',
    names: { seq: 6, generation: 'back' },
    also: [CHAIN, 'reservations have the entries of their state'],
  },
  {
    what: 'a balance in an entry is another',
    by: entry(6, 'balance_after = 99'),
    check: 'balances follow from one another',
    names: { seq: 6, generation: 'back' },
    also: [CHAIN],
  },
  {
    what: 'a grant is raised, and all balances with it',
    by: `UPDATE ledger_entry SET balance_after = balance_after + 5, balance_delta = balance_delta + CASE seq WHEN 1 THEN 5 ELSE 0 END
          WHERE account_id = $account; ${account('balance = balance + 5')}`,
    check: CHAIN,
    names: { seq: 1 },
  },
  {
    what: 'a price is raised, and all that follows from it',
    by: `UPDATE ledger_entry SET balance_after = balance_after - 1 WHERE account_id = $account AND seq >= 2;
         ${entry(2, 'balance_delta = balance_delta - 1, held_delta = held_delta + 1')};
         ${entry(5, 'held_delta = held_delta - 1')}; ${account('balance = balance - 1')};
         ${reservation('paid', 'amount = amount + 1, cost = cost + 1')}`,
    check: CHAIN,
    names: { seq: 2, generation: 'paid' },
  },
  {
    what: 'a delivery is turned into a refund',
    by: `${entry(5, `kind = 'REFUND', balance_delta = -held_delta, balance_after = balance_after - held_delta, reason = 'X', message = 'x'`)};
         ${entry(6, 'balance_after = balance_after + 3')}; ${account('balance = balance + 3')};
         ${reservation('paid', `state = 'REFUNDED', cost = NULL, reason = 'X', message = 'x', refunded_by = 'r1'`)};
         ${generation('paid', `status = 'REFUNDED', output = NULL`)};
         INSERT INTO generation_run (account_id, generation_id, run_id, position, closed_at) VALUES ($account, 'paid', 'r1', 1, now())`,
    check: CHAIN,
    names: { seq: 5, generation: 'paid' },
  },
  {
    what: 'moments of entries are swapped',
    by: entry(6, `at = at - interval '1 day'`),
    check: 'moments of entries follow one another',
    names: { seq: 6, generation: 'back' },
    also: [CHAIN, 'moments of reservations are in order'],
  },
  {
    what: 'an entry comes from the future',
    by: `${entry(6, `at = ${FUTURE}`)}; ${account(`last_at = ${FUTURE}`)}`,
    check: 'moments of entries follow one another',
    names: { seq: 6, generation: 'back' },
  },
  {
    what: 'a settle adds to nothing',
    by: `${entry(5, 'balance_delta = -1, balance_after = balance_after - 1')};
         ${entry(6, 'balance_after = balance_after - 1')}; ${account('balance = balance - 1')}`,
    check: 'changes of an entry fit its kind',
    names: { seq: 5, generation: 'paid' },
    also: ['entries move what their reservation holds'],
  },
  {
    what: 'an entry is given to another generation',
    by: entry(6, `generation_id = 'paid'`),
    check: 'entries have their reservation',
    names: { seq: 6, generation: 'paid' },
    also: ['reservations have the entries of their state'],
  },
  {
    what: 'a second refund of what was settled',
    by: `INSERT INTO ledger_entry SELECT (jsonb_populate_record(row, '{"seq": 7, "generation_id": "paid", "balance_after": 10}')).*
           FROM ledger_entry AS row WHERE account_id = $account AND seq = 6;
         ${account('last_seq = 7, balance = balance + 3, held = held - 3')}`,
    check: 'entries have their reservation',
    names: { seq: 7, generation: 'paid' },
    also: ['refunds tell why', OPEN_SUM],
  },
  {
    what: 'a grant is made twice under one key',
    by: `${copied('ledger_entry', `'{"seq": 7}'`, 'seq = 1')}; ${entry(7, `at = now(), balance_after = 14`)};
         ${account('last_seq = 7, balance = balance + 10')}`,
    check: 'a key moves credits once',
    names: { seq: 7 },
    also: [CHAIN],
  },
  {
    what: 'a refund gives back more than was held',
    by: `${entry(6, 'balance_delta = 4, held_delta = -4, balance_after = balance_after + 1')}; ${account('balance = balance + 1, held = held - 1')}`,
    check: 'entries move what their reservation holds',
    names: { seq: 6, generation: 'back' },
    also: [OPEN_SUM],
  },
  {
    what: 'a refund tells another reason than its reservation',
    by: entry(6, `reason = 'ANOTHER'`),
    check: 'refunds tell why',
    names: { seq: 6, generation: 'back' },
  },
  {
    what: 'a refund tells no reason',
    by: entry(6, 'message = NULL'),
    check: 'refunds tell why',
    names: { seq: 6, generation: 'back' },
    also: [TEXTS],
  },
];
