import { type Corruption, entry, generation, removed, reservation } from './corruption';

/** As the functions would have written it: contents, hashes, sums. Nothing within the database tells of the forgery then. */
const RECOMPUTED = `
  UPDATE ledger_entry AS e SET content = CASE e.kind
      WHEN 'RESERVE' THEN content_of_reserve(g.salt, g.id, g.kind, g.label, g.input_hash, g.workflow_id)
      WHEN 'SETTLE' THEN content_of_settle(g.salt, g.output)
      WHEN 'REFUND' THEN content_of_refund(g.salt, e.message) ELSE content_of_grant(a.salt, e.idempotency_key, e.message) END
    FROM account AS a, ledger_entry AS same LEFT JOIN generation AS g ON g.account_id = same.account_id AND g.id = same.generation_id
   WHERE e.account_id = $account AND a.id = $account AND same.account_id = $account AND same.seq = e.seq;
  UPDATE ledger_entry AS e SET balance_after = sum FROM (
      SELECT seq, sum(balance_delta) OVER (ORDER BY seq) AS sum FROM ledger_entry WHERE account_id = $account) AS s
   WHERE account_id = $account AND e.seq = s.seq;
  UPDATE ledger_entry AS e SET hash = c.hash FROM (
      SELECT x.seq, chain(a.genesis, entry_digest(x.seq, x.at, x.kind, x.balance_delta, x.held_delta, x.balance_after,
                                                x.ordinal, x.reason, x.content)) OVER (ORDER BY x.seq) AS hash
        FROM ledger_entry AS x JOIN account AS a ON a.id = x.account_id WHERE account_id = $account) AS c
   WHERE account_id = $account AND e.seq = c.seq;
  UPDATE account SET balance = s.balance, held = s.held, last_seq = s.seq, last_at = s.at,
                     head = (SELECT hash FROM ledger_entry WHERE account_id = $account AND seq = s.seq)
    FROM (SELECT sum(balance_delta) AS balance, sum(held_delta) AS held, max(seq) AS seq, max(at) AS at FROM ledger_entry
           WHERE account_id = $account) AS s
   WHERE id = $account`;

/** Those that leave nothing wrong within the database: only who remembers the heads sees them. */
export const FORGERIES: readonly Pick<Corruption, 'what' | 'by'>[] = [
  {
    what: 'a grant is forged at the beginning, and all follows from it',
    by: `${entry(1, 'balance_delta = 1000')}; ${RECOMPUTED}`,
  },
  {
    what: 'the newest entries are removed, and what they did is undone',
    by: `${removed('ledger_entry', 'seq = 6')}; ${removed('generation_run', `generation_id = 'back'`)};
         ${reservation('back', `state = 'RESERVED', reason = NULL, message = NULL, refunded_by = NULL, closed_at = NULL, close_seq = NULL`)};
         ${generation('back', `status = 'RESERVED'`)};
         INSERT INTO hold SELECT account_id, generation_id, ordinal, namespace, reserved_at FROM reservation
          WHERE account_id = $account AND generation_id = 'back'; ${RECOMPUTED}`,
  },
  {
    what: 'a delivery is turned into a refund, with the chain',
    by: `${entry(5, `kind = 'REFUND', balance_delta = -held_delta, reason = 'X', message = 'x'`)};
         ${reservation('paid', `state = 'REFUNDED', cost = NULL, reason = 'X', message = 'x', refunded_by = 'r1'`)};
         ${generation('paid', `status = 'REFUNDED', output = NULL`)};
         INSERT INTO generation_run (account_id, generation_id, run_id, position, closed_at) VALUES ($account, 'paid', 'r1', 1, now());
         ${RECOMPUTED}`,
  },
  {
    what: 'a price is raised, with the chain',
    by: `${entry(2, 'balance_delta = -4, held_delta = 4')}; ${entry(5, 'held_delta = -4')};
         ${reservation('paid', 'amount = 4, cost = 4')}; ${RECOMPUTED}`,
  },
  {
    what: 'an output is replaced, with the chain',
    by: `${generation('paid', `output = '{"subject": "Forged"}'`)}; ${RECOMPUTED}`,
  },
  {
    what: 'a label, a kind and an input hash are replaced, with the chain',
    by: `${generation('paid', `label = 'Another', kind = 'another', input_hash = 'another'`)}; ${RECOMPUTED}`,
  },
];

/** All that there is of an account. */
export const ERASED = `
  ${['generation_attempt', 'generation_run', 'hold', 'ledger_entry', 'reservation', 'generation'].map((table) => removed(table)).join('; ')};
  DELETE FROM account WHERE id = $account`;
