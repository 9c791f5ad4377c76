import type { Check } from './check';

const entries = (name: string, message: string, where: string): Check => ({
  name,
  over: 'ledger_entry',
  sql: `SELECT account_id AS account, generation_id AS generation, seq, ${message} AS message
          FROM seen_ledger_entry WHERE ${where}`,
});

/** Entries follow from one another, and each has what it stands for. */
export const ENTRY_CHECKS: readonly Check[] = [
  entries(
    'entries are numbered without gaps',
    `format('entry %s comes after entry %s', seq, seq_before)`,
    'seq <> seq_before + 1',
  ),
  entries(
    'the hash of each entry follows from the one before',
    `'the entry, or one before it, is not what was written'`,
    'hash IS DISTINCT FROM sha256(hash_before || digest)',
  ),
  entries(
    'balances follow from one another',
    `format('the balance was %s, %s was added, and it is said to be %s', balance_before, balance_delta, balance_after)`,
    'balance_after IS DISTINCT FROM balance_before + balance_delta OR balance_after < 0',
  ),
  entries(
    'moments of entries follow one another',
    // A minute: more than the clocks of a primary and its standby differ.
    `format('it is of %s, the one before of %s', at, at_before)`,
    `at < at_before OR at > clock_timestamp() + interval '1 minute'`,
  ),
  entries(
    'changes of an entry fit its kind',
    `format('%s with balance %s and held %s', kind, balance_delta, held_delta)`,
    `CASE kind
       WHEN 'GRANT' THEN balance_delta > 0 AND held_delta = 0
       WHEN 'ADJUST' THEN balance_delta <> 0 AND held_delta = 0
       WHEN 'RESERVE' THEN balance_delta <= 0 AND held_delta = -balance_delta
       WHEN 'SETTLE' THEN held_delta <= 0 AND balance_delta BETWEEN 0 AND -held_delta
       WHEN 'REFUND' THEN balance_delta >= 0 AND held_delta = -balance_delta
     END IS NOT TRUE`,
  ),
  entries(
    'entries have their reservation',
    `format('%s of reservation %s, which is not of this entry', kind, coalesce(ordinal::text, 'none'))`,
    `CASE
       WHEN kind IN ('GRANT', 'ADJUST') THEN num_nulls(generation_id, ordinal) = 2 AND idempotency_key IS NOT NULL
       WHEN kind = 'RESERVE' THEN has_reservation AND reserve_seq = seq AND reserved_at = at
       ELSE has_reservation AND close_seq = seq AND closed_at = at
            AND state = CASE kind WHEN 'SETTLE' THEN 'SETTLED' ELSE 'REFUNDED' END
     END IS NOT TRUE`,
  ),
  entries(
    'entries move what their reservation holds',
    `format('%s of balance %s and held %s, where %s is reserved and %s charged', kind, balance_delta, held_delta, amount,
            coalesce(cost::text, 'nothing'))`,
    `has_reservation AND (abs(held_delta) <> amount OR (kind = 'SETTLE' AND cost IS DISTINCT FROM amount - balance_delta))`,
  ),
  entries(
    'refunds tell why',
    `format('the reason of the refund is %s, of its reservation %s', coalesce(reason, 'missing'),
            coalesce(reservation_reason, 'missing'))`,
    `kind = 'REFUND' AND (num_nulls(reason, message) > 0 OR reason IS DISTINCT FROM reservation_reason
                          OR message IS DISTINCT FROM reservation_message)`,
  ),
  entries(
    'a key moves credits once',
    `format('the key %s is that of an entry before as well', idempotency_key)`,
    `idempotency_key IS NOT NULL AND EXISTS (
       SELECT FROM ledger_entry AS other WHERE other.account_id = seen_ledger_entry.account_id
          AND other.idempotency_key = seen_ledger_entry.idempotency_key AND other.seq < seen_ledger_entry.seq)`,
  ),
  entries(
    'texts are those that were written',
    `CASE kind WHEN 'RESERVE' THEN 'the kind, label, input hash or workflow id of its generation was altered'
               WHEN 'SETTLE' THEN 'the output of its generation is not the one that was delivered'
               ELSE 'its key or message was altered' END`,
    'is_altered',
  ),
];
