import { ownerSql } from '.';

/** What must stay as it was, whatever is erased: each entry's number, moment, kind and amounts, its digests and hashes. */
export async function entriesOf(account: string): Promise<string[]> {
  const { rows } = await ownerSql().query<{ line: string }>(
    `SELECT concat_ws(' ', seq, at, kind, balance_delta, held_delta, balance_after, ordinal, reason, content, hash) AS line
       FROM ledger_entry WHERE account_id = $1 ORDER BY seq`,
    [account],
  );
  return rows.map(({ line }) => line);
}

/** Recomputed from the account's genesis: whether each entry has the hash that follows, the account the last, and its sums. */
export async function proves(account: string): Promise<boolean> {
  const { rows } = await ownerSql().query<{ proves: boolean }>(
    `SELECT bool_and(entry.hash = entry.again) AND acc.head = (array_agg(entry.hash ORDER BY seq DESC))[1]
            AND acc.balance = sum(balance_delta) AND acc.held = sum(held_delta) AND count(*) = acc.last_seq AS proves
       FROM account AS acc, LATERAL (
         SELECT seq, hash, balance_delta, held_delta,
                chain(acc.genesis, entry_digest(seq, at, kind, balance_delta, held_delta, balance_after, ordinal,
                                                reason, content)) OVER (ORDER BY seq) AS again
           FROM ledger_entry WHERE account_id = acc.id) AS entry
      WHERE acc.id = $1 GROUP BY acc.head, acc.balance, acc.held, acc.last_seq`,
    [account],
  );
  return rows[0]?.proves === true;
}
