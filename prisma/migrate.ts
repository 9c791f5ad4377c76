import { type Client, escapeIdentifier } from 'pg';
import { MakegoodError } from '../errors';
import { withConnection } from './connect';
import { checkLogins, type Grant, grantRoles } from './logins';
import { setRights } from './roles';
import { applyMigrations, migrationNames } from './schema-engine';
import { schemaOf } from './schema-name';

export interface MigrateOptions {
  /** The owner of the tables: `MAKEGOOD_OWNER_DATABASE_URL`. */
  readonly ownerUrl: string;
  /** The logins of everything else, and the roles that they get. Others keep what they have. */
  readonly grants: readonly Grant[];
  /** After how many days what has ended is erased; without it, never. Each migration sets it anew. */
  readonly retentionDays?: number | undefined;
  readonly report: (line: string) => void;
}

/** Any number that no other program in the same database locks: "makegood" in ASCII, as a bigint. */
const LOCK = '7881698906146303844';

/**
 * Brings our schema to the newest migration, and sets the rights in it. Touches nothing outside of it but our roles and
 * the logins that are named. Idempotent; two at once wait for each other. Leaves the same `_prisma_migrations`, in our
 * schema, as `prisma migrate deploy`, which may take over any time. Throws POSTGRES_UNREACHABLE, or INVALID_SETTING
 * where the schema is somebody else's, or the owner may not make a role.
 */
export async function migrate({
  ownerUrl,
  grants,
  retentionDays,
  report,
}: MigrateOptions): Promise<{ applied: string[] }> {
  const schema = schemaOf(ownerUrl);
  checkLogins(schema, grants);
  return asOwner(ownerUrl, async (owner) => {
    await ensureSchema(owner, schema);
    const applied = await applyMigrations(ownerUrl);
    for (const name of applied) report(`applied ${name}`);
    if (applied.length === 0) report('the database is up to date');
    await setRetention(owner, schema, retentionDays);
    if (retentionDays !== undefined) report(`what has ended is erased after ${retentionDays} days`);
    await setRights(owner, schema);
    await grantRoles(owner, schema, grants, report);
    return { applied };
  });
}

/** Runs `work` as the owner, one at a time in this database. */
export function asOwner<T>(ownerUrl: string, work: (owner: Client) => Promise<T>): Promise<T> {
  return withConnection(ownerUrl, 'MAKEGOOD_OWNER_DATABASE_URL (or DATABASE_URL)', async (owner) => {
    // Held by the session: it ends with the connection, whatever happens to us.
    await owner.query('SELECT pg_advisory_lock($1)', [LOCK]);
    return work(owner);
  });
}

async function setRetention(owner: Client, schema: string, days: number | undefined): Promise<void> {
  await owner.query(`UPDATE ${escapeIdentifier(schema)}.installation SET retention_days = $1`, [days ?? null]);
}

/** Makes our schema where there is none of its name. */
async function ensureSchema(owner: Client, schema: string): Promise<void> {
  const { rows } = await owner.query<{ there: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_class WHERE relnamespace = pg_namespace.oid) AS there FROM pg_namespace WHERE nspname = $1`,
    [schema],
  );
  if (rows[0] === undefined) await owner.query(`CREATE SCHEMA ${escapeIdentifier(schema)}`);
  else if (rows[0].there && !(await isOurs(owner, schema))) throw foreign(schema);
}

/** Whether our first migration was applied to the schema, or was tried. */
export async function isOurs(owner: Client, schema: string): Promise<boolean> {
  const table = `${escapeIdentifier(schema)}._prisma_migrations`;
  const { rows } = await owner.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [table]);
  if (!rows[0]?.there) return false;
  const found = await owner.query<{ name: string }>(`SELECT migration_name AS name FROM ${table} ORDER BY started_at`);
  const [first] = await migrationNames();
  return found.rows.length === 0 || found.rows.some(({ name }) => name === first);
}

export const foreign = (schema: string) =>
  new MakegoodError(
    'INVALID_SETTING',
    `The schema "${schema}" of this database is not ours. Choose another with MAKEGOOD_SCHEMA.`,
    { setting: 'MAKEGOOD_SCHEMA' },
  );

/** Anything that can send a query, such as our Prisma client. */
export interface Queryable {
  /** Quoted. */
  readonly schema: { readonly sql: string };
  $queryRawUnsafe(sql: string): Promise<unknown>;
}

/** The migrations that the database still needs, in order; none when it is ready. Asks as any of our roles. */
export async function missingMigrations(database: Queryable | string): Promise<string[]> {
  const applied =
    typeof database === 'string'
      ? await withConnection(database, 'DATABASE_URL', (client) =>
          appliedMigrations(escapeIdentifier(schemaOf(database)), async (sql) => (await client.query(sql)).rows),
        )
      : await appliedMigrations(database.schema.sql, (sql) => database.$queryRawUnsafe(sql));
  return (await migrationNames()).filter((name) => !applied.has(name));
}

async function appliedMigrations(schema: string, query: (sql: string) => Promise<unknown>): Promise<Set<string>> {
  // A login without the right to read counts as not migrated: that right is what `migrate` grants.
  const readable = `SELECT CASE WHEN has_schema_privilege(to_regnamespace('${schema}')::oid, 'USAGE')
    THEN has_table_privilege(to_regclass('${schema}._prisma_migrations'), 'SELECT') END AS readable`;
  const [answer] = (await query(readable)) as { readable: boolean | null }[];
  if (answer?.readable !== true) return new Set();
  const finished = `SELECT migration_name FROM ${schema}._prisma_migrations WHERE finished_at IS NOT NULL`;
  const rows = (await query(`${finished} AND rolled_back_at IS NULL`)) as { migration_name: string }[];
  return new Set(rows.map((row) => row.migration_name));
}
