import { type Client, escapeIdentifier } from 'pg';
import { MakegoodError } from '../errors';
import { markOf } from './logins';
import { asOwner, foreign, isOurs } from './migrate';
import { ROLES, roleName } from './rights';
import { sqlState } from './roles';
import { schemaOf } from './schema-name';

/**
 * Takes everything of ours out of the database: the schema with all accounts and entries, the logins that we have made
 * for it, and our roles where no other database of the cluster needs them. Nothing else. Idempotent. Throws
 * INVALID_SETTING where the schema is not ours, or something outside of it would go along.
 */
export async function drop(ownerUrl: string, report: (line: string) => void): Promise<void> {
  const schema = schemaOf(ownerUrl);
  await asOwner(ownerUrl, async (owner) => {
    if (await exists(owner, schema)) {
      if (!(await isOurs(owner, schema))) throw foreign(schema);
      const others = await dependentsOf(owner, schema);
      if (others.length > 0) throw inUse(schema, others);
      await owner.query(`DROP SCHEMA ${escapeIdentifier(schema)} CASCADE`);
      report(`dropped the schema ${schema}`);
    } else {
      report(`there is no schema ${schema}`);
    }
    for (const login of await loginsOf(owner, schema)) await dropRole(owner, login, report);
    for (const role of ROLES) await dropRole(owner, roleName(schema, role), report);
  });
}

async function exists(owner: Client, schema: string): Promise<boolean> {
  const { rowCount } = await owner.query('SELECT FROM pg_namespace WHERE nspname = $1', [schema]);
  return rowCount !== 0;
}

/** What lies outside of our schema and would be dropped with it: a view of the host's on our tables, a foreign key. */
async function dependentsOf(owner: Client, schema: string): Promise<string[]> {
  const { rows } = await owner.query<{ name: string }>(
    `WITH ours AS (
       SELECT 'pg_class'::regclass AS classid, oid FROM pg_class WHERE relnamespace = to_regnamespace($1)
       UNION ALL SELECT 'pg_proc'::regclass, oid FROM pg_proc WHERE pronamespace = to_regnamespace($1)
       UNION ALL SELECT 'pg_type'::regclass, oid FROM pg_type WHERE typnamespace = to_regnamespace($1)
     )
     SELECT DISTINCT format('%s %s', object.type, object.identity) AS name
       FROM pg_depend AS dependency
       JOIN ours ON (ours.classid, ours.oid) = (dependency.refclassid, dependency.refobjid),
            pg_identify_object(dependency.classid, dependency.objid, dependency.objsubid) AS object,
            pg_identify_object_as_address(dependency.classid, dependency.objid, dependency.objsubid) AS address
      WHERE deptype = 'n' AND coalesce(object.schema, address.object_names[1]) NOT IN ($1, 'pg_toast')
      ORDER BY name`,
    [schema],
  );
  return rows.map(({ name }) => name);
}

const inUse = (schema: string, others: readonly string[]) =>
  new MakegoodError(
    'INVALID_SETTING',
    `Nothing was dropped: these depend on it from outside "${schema}", and would be dropped too: ${others.join('; ')}.`,
    { dependents: others },
  );

async function loginsOf(owner: Client, schema: string): Promise<string[]> {
  const { rows } = await owner.query<{ name: string }>(
    `SELECT rolname AS name FROM pg_roles WHERE shobj_description(oid, 'pg_authid') = $1 ORDER BY 1`,
    [markOf(owner.database ?? '', schema)],
  );
  return rows.map(({ name }) => name);
}

async function dropRole(owner: Client, name: string, report: (line: string) => void): Promise<void> {
  try {
    const { rowCount } = await owner.query('SELECT FROM pg_roles WHERE rolname = $1', [name]);
    if (rowCount === 0) return;
    await owner.query(`DROP ROLE ${escapeIdentifier(name)}`);
    report(`dropped the role ${name}`);
  } catch (error) {
    const kept = KEPT[String(sqlState(error))];
    if (kept === undefined) throw error;
    report(`kept the role ${name}: ${kept}`);
  }
}

/** By SQLSTATE. */
const KEPT: Readonly<Record<string, string>> = {
  '2BP01': 'something else in this cluster needs it',
  '42501': 'the owner may not drop it',
};
