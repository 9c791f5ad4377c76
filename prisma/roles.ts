import { type Client, escapeIdentifier } from 'pg';
import { MakegoodError } from '../errors';
import { CALLS, READS, ROLES, type Role, roleName, SECRETS } from './rights';

/**
 * Makes our roles where they are missing, and leaves everybody but the owner exactly the rights that `rights.ts` says,
 * on our own objects alone. Idempotent. Roles belong to the cluster, not to the database, which is why no migration
 * makes them: two ledgers of one cluster with schemas of one name share theirs.
 */
export async function setRights(owner: Client, schema: string): Promise<void> {
  for (const role of ROLES) await makeRole(owner, roleName(schema, role));
  const { tables, routines } = await objectsOf(owner, schema);
  const all = (names: readonly Named[]) => names.map(({ sql }) => sql).join(', ');
  const others = (await granteesOf(owner, schema)).join(', ');

  // One transaction: nobody who is at work sees the moment between taking and giving.
  await owner.query('BEGIN');
  try {
    await owner.query(`REVOKE ALL ON SCHEMA ${escapeIdentifier(schema)} FROM ${others} CASCADE`);
    await owner.query(`REVOKE ALL ON TABLE ${all(tables)} FROM ${others} CASCADE`);
    await owner.query(`REVOKE ALL ON ROUTINE ${all(routines)} FROM ${others} CASCADE`);
    for (const role of ROLES) {
      const to = escapeIdentifier(roleName(schema, role));
      await owner.query(`GRANT USAGE ON SCHEMA ${escapeIdentifier(schema)} TO ${to}`);
      for (const table of tables.filter(({ name }) => READS[name]?.includes(role))) {
        await owner.query(`GRANT SELECT ${readable(table, role)} ON TABLE ${table.sql} TO ${to}`);
      }
      const callable = routines.filter(({ name }) => CALLS[name]?.includes(role));
      if (callable.length > 0) await owner.query(`GRANT EXECUTE ON ROUTINE ${all(callable)} TO ${to}`);
    }
    await owner.query('COMMIT');
  } catch (error) {
    await owner.query('ROLLBACK');
    throw error;
  }
}

/** The columns that the role may read, where that is not all of them. */
function readable({ name, columns }: Table, role: Role): string {
  const secret = SECRETS[name];
  if (secret === undefined || secret.readers.includes(role)) return '';
  return `(${columns
    .filter((column) => !secret.columns.includes(column))
    .map(escapeIdentifier)
    .join(', ')})`;
}

async function makeRole(owner: Client, name: string): Promise<void> {
  const { rowCount } = await owner.query('SELECT FROM pg_roles WHERE rolname = $1', [name]);
  if (rowCount !== 0) return;
  try {
    await owner.query(`CREATE ROLE ${escapeIdentifier(name)} NOLOGIN`);
  } catch (cause) {
    if (isDuplicate(cause)) return;
    if (sqlState(cause) !== NOT_ALLOWED) throw cause;
    const message = `The role "${name}" does not exist, and "${owner.user}" may not create it. Have it created (CREATE ROLE ${name} NOLOGIN), then migrate again.`;
    throw new MakegoodError('INVALID_SETTING', message, {}, { cause });
  }
}

export const NOT_ALLOWED = '42501';
export const sqlState = (error: unknown) => (error instanceof Error && 'code' in error ? error.code : undefined);
/** Somebody who migrates another database of this cluster was faster: duplicate_object, or unique_violation in the same moment. */
export const isDuplicate = (error: unknown) => ['42710', '23505'].includes(String(sqlState(error)));

interface Named {
  readonly name: string;
  /** As SQL names it, with its schema, and a routine with its arguments. */
  readonly sql: string;
}
interface Table extends Named {
  readonly columns: readonly string[];
}

/** All that lies in our schema; sequences are granted like tables. */
async function objectsOf(owner: Client, schema: string): Promise<{ tables: Table[]; routines: Named[] }> {
  const tables = await owner.query<Table>(
    `SELECT relname AS name, format('%I.%I', nspname, relname) AS sql,
            ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped) AS columns
       FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
      WHERE nspname = $1 AND relkind IN ('r', 'p', 'v', 'm', 'S')`,
    [schema],
  );
  const routines = await owner.query<Named>(
    `SELECT proname AS name, format('%I.%I(%s)', nspname, proname, pg_get_function_identity_arguments(pg_proc.oid)) AS sql
       FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace WHERE nspname = $1`,
    [schema],
  );
  return { tables: tables.rows, routines: routines.rows };
}

/** Whoever but the owner has any right on what is ours, as SQL names him: also by default privileges of the host's. */
async function granteesOf(owner: Client, schema: string): Promise<string[]> {
  const { rows } = await owner.query<{ grantee: string }>(
    `WITH acl AS (
       SELECT nspowner AS owner, nspacl AS acl FROM pg_namespace WHERE nspname = $1
       UNION ALL SELECT relowner, relacl FROM pg_class WHERE relnamespace = to_regnamespace($1)
       UNION ALL SELECT relowner, attacl FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
                  WHERE relnamespace = to_regnamespace($1)
       UNION ALL SELECT proowner, proacl FROM pg_proc WHERE pronamespace = to_regnamespace($1)
     )
     SELECT DISTINCT quote_ident(rolname) AS grantee
       FROM acl, aclexplode(acl) JOIN pg_roles ON pg_roles.oid = grantee WHERE grantee <> owner`,
    [schema],
  );
  return ['PUBLIC', ...rows.map(({ grantee }) => grantee)];
}
