import { ownerSql } from '../harness';

/** Many grants at once, as the owner: entries, account and hash chain agree, so that an audit finds nothing. */
export async function grantMany(account: string, count: number, credits: number, reason: string): Promise<void> {
  await ownerSql().query(
    `WITH granted AS (
       SELECT id, last_seq + n AS seq, greatest(last_at, now())::timestamptz(3) AS at, balance + n * $3::bigint AS balance_after, head,
              'many-' || last_seq + n AS key, content_of_grant(salt, 'many-' || last_seq + n, $4) AS content
       FROM account, generate_series(1, $2::bigint) AS n WHERE id = $1
     ), chained AS (
       SELECT *, chain(head, entry_digest(seq, at, 'GRANT', $3::bigint, 0, balance_after, NULL, NULL, content))
                 OVER (ORDER BY seq) AS hash FROM granted
     ), inserted AS (
       INSERT INTO ledger_entry (account_id, seq, at, kind, balance_delta, held_delta, balance_after, idempotency_key,
                                 message, content, hash)
       SELECT id, seq, at, 'GRANT', $3::bigint, 0, balance_after, key, $4, content, hash FROM chained
     )
     UPDATE account SET balance = balance_after, last_seq = seq, last_at = at, head = hash
     FROM (SELECT * FROM chained ORDER BY seq DESC LIMIT 1) AS last WHERE account.id = last.id`,
    [account, count, credits, reason],
  );
}
