import { randomUUID } from 'node:crypto';
import { Pool } from 'pg';
import type { Database } from '../../ledger/database';
import { drop } from '../../prisma/drop';
import { defaultGrants } from '../../prisma/grants';
import { migrate } from '../../prisma/migrate';
import { inOurSchema } from '../../prisma/schema-name';
import { onClose, ownerSql, stackEnv, until } from '.';
import { openLedger } from './ledger';

export interface OwnDatabase {
  /** As a worker's login, and as an operator's. */
  readonly db: Database;
  readonly operator: Database;
  readonly owner: Pool;
  /** Those of the URLs that name a database, with this one instead of the stack's. */
  readonly env: Record<string, string>;
}

/**
 * A migrated database of the test file's own, for what would disturb others. Removed with the file. With a schema of its
 * own as well for what is done to roles: they belong to the cluster, and are named after the schema.
 */
export async function ownDatabase(schema?: string): Promise<OwnDatabase> {
  const { env } = await emptyDatabase(schema);
  const ownerUrl = env.MAKEGOOD_OWNER_DATABASE_URL as string;
  await migrate({ ownerUrl, grants: schema === undefined ? [] : defaultGrants(env), report: () => {} });
  if (schema !== undefined) onClose(() => drop(ownerUrl, () => {}));
  const owner = new Pool({ ...inOurSchema(ownerUrl), max: 2 });
  onClose(() => owner.end());
  const db = openLedger(env.DATABASE_URL);
  return { db, operator: openLedger(env.MAKEGOOD_OPERATOR_DATABASE_URL, 2), owner, env };
}

/** One that has nothing in it yet. */
export async function emptyDatabase(schema?: string): Promise<{ name: string; env: Record<string, string> }> {
  const name = `own_${randomUUID().replaceAll('-', '')}`;
  const urls = ['DATABASE_URL', 'MAKEGOOD_OPERATOR_DATABASE_URL', 'MAKEGOOD_OWNER_DATABASE_URL'];
  const at = (variable: string) => {
    const url = new URL(stackEnv()[variable] as string);
    url.pathname = `/${name}`;
    if (schema !== undefined) url.searchParams.set('schema', schema);
    return url.href;
  };
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
  return { name, env: Object.fromEntries(urls.map((variable) => [variable, at(variable)])) };
}
