import { withConnection } from './connect';
import { type ApplicationRole, grantApplicationRole, roleOf } from './roles';
import { applyMigrations, migrationNames } from './schema-engine';

export interface MigrateOptions {
  /** The owner of the tables: `MAKEGOOD_OWNER_DATABASE_URL`. */
  readonly ownerUrl: string;
  /** What everything else uses: `DATABASE_URL`. Its role is made where it is missing, and may read and call functions. */
  readonly appUrl?: string | undefined;
  readonly report: (line: string) => void;
}

/** Any number that no other program in the same database locks: "makegood" in ASCII, as a bigint. */
const LOCK = '7881698906146303844';

/**
 * Brings the database to the newest migration and sets the rights of the application's role. Idempotent; two at once
 * wait for each other. Leaves the same `_prisma_migrations` as `prisma migrate deploy`, which may take over any time.
 * Throws POSTGRES_UNREACHABLE, or INVALID_SETTING where the owner may not make the role.
 */
export async function migrate({ ownerUrl, appUrl, report }: MigrateOptions): Promise<{ applied: string[] }> {
  return withConnection(ownerUrl, 'MAKEGOOD_OWNER_DATABASE_URL (or DATABASE_URL)', async (owner) => {
    // Held by the session: it ends with the connection, whatever happens to us.
    await owner.query('SELECT pg_advisory_lock($1)', [LOCK]);
    const applied = await applyMigrations(ownerUrl);
    for (const name of applied) report(`applied ${name}`);
    if (applied.length === 0) report('the database is up to date');

    const app: ApplicationRole | undefined = appUrl === undefined ? undefined : roleOf(appUrl);
    if (app === undefined || app.name === owner.user) {
      report(`one role owns and runs: ${owner.user}. Nothing keeps a fault in the code from writing the tables.`);
    } else {
      await grantApplicationRole(owner, app, report);
    }
    return { applied };
  });
}

/** Anything that can send a query, such as a Prisma client. */
export interface Queryable {
  $queryRawUnsafe(sql: string): Promise<unknown>;
}

/** The migrations that the database still needs, in order; none when it is ready. Asks as the application's role. */
export async function missingMigrations(database: Queryable | string): Promise<string[]> {
  const applied =
    typeof database === 'string'
      ? await withConnection(database, 'DATABASE_URL', (client) =>
          appliedMigrations(async (sql) => (await client.query(sql)).rows),
        )
      : await appliedMigrations((sql) => database.$queryRawUnsafe(sql));
  return (await migrationNames()).filter((name) => !applied.has(name));
}

async function appliedMigrations(query: (sql: string) => Promise<unknown>): Promise<Set<string>> {
  // A role without the right to read counts as not migrated: that right is what `migrate` grants.
  const readable = `SELECT has_table_privilege(to_regclass('public._prisma_migrations'), 'SELECT') AS readable`;
  const [answer] = (await query(readable)) as { readable: boolean | null }[];
  if (answer?.readable !== true) return new Set();
  const finished = 'SELECT migration_name FROM public._prisma_migrations WHERE finished_at IS NOT NULL';
  const rows = (await query(`${finished} AND rolled_back_at IS NULL`)) as { migration_name: string }[];
  return new Set(rows.map((row) => row.migration_name));
}
