import type { Pool } from 'pg';
import { recordAttempt } from '../../../ledger/attempts';
import { grant } from '../../../ledger/credits';
import type { AccountId, ExecutionId, GenerationId, RunId } from '../../../ledger/ids';
import { reason } from '../../../ledger/reasons';
import { callerOf, newAccountId } from '../../harness/ledger';
import type { OwnDatabase } from '../../harness/own-database';

/** An account with a charged generation `paid`, a refunded one `back` and an open one `open`: entries 1 to 6. */
export async function soundAccount({ db, operator }: Pick<OwnDatabase, 'db' | 'operator'>): Promise<AccountId> {
  const account = newAccountId();
  await grant(operator, account, 10, 'first', null);
  for (const generation of ['paid', 'back', 'open']) await callerOf(account, { generation, db }).reserve();
  const [generation, execution, run] = ['paid' as GenerationId, 't1' as ExecutionId, 'r1' as RunId];
  await recordAttempt(
    db,
    { account, generation, execution, run },
    { step: 'email-draft', number: 1 },
    reason('PROVIDER_UNAVAILABLE'),
  );
  await callerOf(account, { generation: 'paid', db }).settle();
  await callerOf(account, { generation: 'back', db }).refund();
  return account;
}

/** What somebody does who owns the database: neither triggers nor foreign keys hinder him. */
export async function corrupt(owner: Pool, account: AccountId, by: string): Promise<void> {
  const script = by.replaceAll('$account', `'${account}'`);
  await owner.query(`BEGIN; SET LOCAL session_replication_role = replica; ${script}; COMMIT`);
}

/** So many grants of one credit more, as the function would have made them one by one. */
export const grantedMore = (grants: number) => `
  WITH made AS (
    SELECT a.*, n, last_seq + n AS seq, 'many-' || n AS key, content_of_grant(salt, 'many-' || n, 'x') AS content
      FROM account AS a, generate_series(1, ${grants}) AS n WHERE a.id = $account
  ), chained AS (
    SELECT *, chain(head, entry_digest(seq, last_at, 'GRANT', 1, 0, balance + n, NULL, NULL, content)) OVER (ORDER BY n) AS hash
      FROM made
  ), written AS (
    INSERT INTO ledger_entry (account_id, seq, at, kind, balance_delta, held_delta, balance_after, idempotency_key, message,
                              content, hash)
      SELECT id, seq, last_at, 'GRANT', 1, 0, balance + n, key, 'x', content, hash FROM chained
  )
  UPDATE account AS a SET last_seq = c.seq, balance = c.balance + c.n, head = c.hash
    FROM chained AS c WHERE a.id = c.id AND c.n = ${grants}`;
