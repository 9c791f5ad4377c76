import { ownerSql } from '../harness';

/** Many grants at once, as the owner: entries and account agree, so that an audit finds nothing. */
export async function grantMany(account: string, count: number, credits: number, reason: string): Promise<void> {
  await ownerSql().query(
    `WITH acc AS (
       UPDATE account SET balance = balance + $2::bigint * $3::bigint, last_seq = last_seq + $2::bigint
       WHERE id = $1 RETURNING balance, last_seq
     )
     INSERT INTO ledger_entry (account_id, seq, kind, balance_delta, held_delta, balance_after, grant_key, message)
     SELECT $1, acc.last_seq - $2::bigint + n, 'GRANT', $3::bigint, 0, acc.balance - ($2::bigint - n) * $3::bigint,
            'many-' || n, $4
     FROM acc, generate_series(1, $2::bigint) n`,
    [account, count, credits, reason],
  );
}
