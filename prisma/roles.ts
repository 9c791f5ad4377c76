import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import { MakegoodError } from '../errors';

/** The role that `DATABASE_URL` names. */
export interface ApplicationRole {
  readonly name: string;
  readonly password: string | undefined;
}

export function roleOf(url: string): ApplicationRole {
  const { user, password } = new Client({ connectionString: url });
  if (user) return { name: user, password: password ?? undefined };
  throw new MakegoodError(
    'INVALID_SETTING',
    'DATABASE_URL must name a role: postgresql://role:password@host/database.',
    {
      setting: 'DATABASE_URL',
    },
  );
}

/**
 * Makes the role where it is missing and leaves it exactly these rights: connect, read every table, call the functions
 * `makegood_*`. Credits then move in no other way, whatever fault the TypeScript has. Idempotent. Roles belong to the
 * cluster, not to the database, which is why no migration makes them.
 */
export async function grantApplicationRole(
  owner: Client,
  role: ApplicationRole,
  report: (line: string) => void,
): Promise<void> {
  if (await createRole(owner, role)) report(`created the role ${role.name}`);
  await warnOfPower(owner, role, report);
  const name = escapeIdentifier(role.name);
  const functions = await ownFunctions(owner);
  const callable = functions.filter((found) => found.callable).map(({ signature }) => signature);
  const all = functions.map(({ signature }) => signature);

  // One transaction: a running application never sees the moment between taking and giving.
  await owner.query('BEGIN');
  try {
    await grantOnce(owner, role.name, 'database', owner.database ?? '', 'CONNECT');
    await grantOnce(owner, role.name, 'schema', 'public', 'USAGE');
    // Whoever creates an operator in the schema that a function looks into can change what the function does.
    await owner.query(`REVOKE CREATE ON SCHEMA public FROM PUBLIC, ${name}`);
    await owner.query(`REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ${name}`);
    await owner.query(`GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${name}`);
    if (all.length > 0) await owner.query(`REVOKE ALL ON ROUTINE ${all.join(', ')} FROM PUBLIC, ${name}`);
    if (callable.length > 0) await owner.query(`GRANT EXECUTE ON ROUTINE ${callable.join(', ')} TO ${name}`);
    await owner.query('COMMIT');
  } catch (error) {
    await owner.query('ROLLBACK');
    throw error;
  }
}

/** Answers whether it was missing. An existing role keeps the password it has. */
async function createRole(owner: Client, { name, password }: ApplicationRole): Promise<boolean> {
  const { rowCount } = await owner.query('SELECT FROM pg_roles WHERE rolname = $1', [name]);
  if (rowCount !== 0) return false;
  const secret = password === undefined ? '' : ` PASSWORD ${escapeLiteral(password)}`;
  try {
    await owner.query(`CREATE ROLE ${escapeIdentifier(name)} LOGIN${secret}`);
    return true;
  } catch (cause) {
    // Somebody who migrates another database of this cluster was faster.
    if (DUPLICATE.has(sqlState(cause))) return false;
    if (sqlState(cause) !== NOT_ALLOWED) throw cause;
    throw new MakegoodError(
      'INVALID_SETTING',
      `The role "${name}" that DATABASE_URL names does not exist, and "${owner.user}" may not create it. Create it (LOGIN, no other right) and migrate again.`,
      { setting: 'DATABASE_URL' },
      { cause },
    );
  }
}

const NOT_ALLOWED = '42501';
/** duplicate_object, or unique_violation when both are at it in the same moment. */
const DUPLICATE: ReadonlySet<unknown> = new Set(['42710', '23505']);

function sqlState(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** Revoking takes nothing from a superuser, nor from who may act as the owner. */
async function warnOfPower(owner: Client, role: ApplicationRole, report: (line: string) => void): Promise<void> {
  const sql = `SELECT rolsuper OR pg_has_role(rolname, current_user, 'MEMBER') AS powerful FROM pg_roles WHERE rolname = $1`;
  const { rows } = await owner.query<{ powerful: boolean }>(sql, [role.name]);
  if (rows[0]?.powerful) report(`the role ${role.name} can act as the owner: it may write the tables all the same`);
}

/** Usually PUBLIC has these rights, and the owner of the tables may not be the one to give them. */
async function grantOnce(owner: Client, role: string, kind: 'database' | 'schema', object: string, right: string) {
  const { rows } = await owner.query<{ has: boolean }>(`SELECT has_${kind}_privilege($1, $2, $3) AS has`, [
    role,
    object,
    right,
  ]);
  if (rows[0]?.has) return;
  await owner.query(`GRANT ${right} ON ${kind} ${escapeIdentifier(object)} TO ${escapeIdentifier(role)}`);
}

/** The functions that the migrations made. Those that are not for calling: triggers, and any without our prefix. */
async function ownFunctions(owner: Client): Promise<{ signature: string; callable: boolean }[]> {
  const { rows } = await owner.query<{ signature: string; callable: boolean }>(
    `SELECT format('%I.%I(%s)', 'public', proname, pg_get_function_identity_arguments(oid)) AS signature,
            proname IN ('reserve','settle','refund','sweep','move','grant_credits','adjust','keyed_hash','last_seq_before','register_namespace','record_attempt','record_audit','create_key','revoke_key','use_session') AS callable
       FROM pg_proc
      WHERE pronamespace = 'public'::regnamespace AND pg_has_role(current_user, proowner, 'USAGE')
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')`,
  );
  return rows;
}
