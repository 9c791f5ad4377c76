import type { Pool } from 'pg';
import { recordAttempt } from '../../ledger/attempts';
import { grant } from '../../ledger/credits';
import type { AccountId, ExecutionId, GenerationId, RunId } from '../../ledger/ids';
import { reason } from '../../ledger/reasons';
import { callerOf, newAccountId } from './fixture';
import type { OwnDatabase } from './own-database';

/** An account with a charged generation `paid`, a refunded one `back` and an open one `open`: entries 1 to 6. */
export async function soundAccount({ db, operator }: Pick<OwnDatabase, 'db' | 'operator'>): Promise<AccountId> {
  const account = newAccountId();
  await grant(operator, account, 10, 'first', null);
  for (const generation of ['paid', 'back', 'open']) await callerOf(account, { generation, db }).reserve();
  const [generation, execution, run] = ['paid' as GenerationId, 't1' as ExecutionId, 'r1' as RunId];
  await recordAttempt(db, { account, generation, execution, run }, 1, reason('PROVIDER_UNAVAILABLE'));
  await callerOf(account, { generation: 'paid', db }).settle();
  await callerOf(account, { generation: 'back', db }).refund();
  return account;
}

/** What somebody does who owns the database: neither triggers nor foreign keys hinder him. */
export async function corrupt(owner: Pool, account: AccountId, by: string): Promise<void> {
  const script = by.replaceAll('$account', `'${account}'`);
  await owner.query(`BEGIN; SET LOCAL session_replication_role = replica; ${script}; COMMIT`);
}
