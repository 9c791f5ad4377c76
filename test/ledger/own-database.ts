import { randomUUID } from 'node:crypto';
import { Pool } from 'pg';
import type { Database } from '../../ledger/database';
import { migrate } from '../../prisma/migrate';
import { onClose, ownerSql, stackEnv, until } from '../harness';
import { openLedger } from './fixture';

/** A migrated database of the test file's own, for what would disturb others. Removed with the file. */
export async function ownDatabase(): Promise<{ db: Database; owner: Pool; appUrl: string }> {
  const name = `own_${randomUUID().replaceAll('-', '')}`;
  const at = (variable: string) => {
    const url = new URL(stackEnv()[variable] as string);
    url.pathname = `/${name}`;
    return url.href;
  };
  const [ownerUrl, appUrl] = [at('MAKEGOOD_OWNER_DATABASE_URL'), at('DATABASE_URL')];
  const cluster = ownerSql();
  await cluster.query(`CREATE DATABASE ${name}`);
  onClose(async () => {
    // A session that is just ending would take its termination for an error.
    await until('its last session to end', async () => {
      const { rows } = await cluster.query('SELECT FROM pg_stat_activity WHERE datname = $1', [name]);
      return rows.length === 0;
    });
    await cluster.query(`DROP DATABASE ${name}`);
  });
  await migrate({ ownerUrl, appUrl, report: () => {} });
  const owner = new Pool({ connectionString: ownerUrl, max: 2 });
  onClose(() => owner.end());
  return { db: openLedger(appUrl), owner, appUrl };
}
