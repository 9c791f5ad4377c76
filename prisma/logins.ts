import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import { MakegoodError } from '../errors';
import { ROLES, type Role, roleName } from './rights';
import { isDuplicate, NOT_ALLOWED, sqlState } from './roles';

/** Which of our roles a login has. */
export interface Grant {
  readonly login: string;
  /** Of a login that is missing, which is then made; one that is there keeps its own. */
  readonly password?: string | undefined;
  readonly roles: readonly Role[];
  /** A login that has roles of ours keeps them, whichever they are. */
  readonly unlessIt?: 'has roles';
}

/** The login that a URL names, and its password. Throws INVALID_SETTING, naming the setting. */
export function loginOf(url: string, setting: string): { login: string; password: string | undefined } {
  const { user, password } = new Client({ connectionString: url });
  if (user) return { login: user, password: password ?? undefined };
  throw new MakegoodError(
    'INVALID_SETTING',
    `${setting} must name a login: postgresql://login:password@host/database.`,
    {
      setting,
    },
  );
}

/** What the sessions of a login that we make are set to; what is right does not depend on it. */
const SETTINGS = {
  // A movement of credits takes milliseconds. Its caller gives up after 15 s: it must not keep its locks for longer.
  statement_timeout: '14s',
  default_transaction_isolation: 'read committed',
  timezone: 'UTC',
  datestyle: 'ISO',
};

/** Throws INVALID_SETTING where a login has the name of one of our roles. */
export function checkLogins(schema: string, grants: readonly Grant[]): void {
  const ours = ROLES.map((role) => roleName(schema, role));
  const confused = grants.find(({ login }) => ours.includes(login));
  if (confused) throw notALogin(confused);
}

/** Makes the logins that are missing, and gives each exactly its roles of ours. Idempotent. Throws INVALID_SETTING. */
export async function grantRoles(
  owner: Client,
  schema: string,
  grants: readonly Grant[],
  report: (line: string) => void,
): Promise<void> {
  for (const grant of grants) {
    if (grant.login === owner.user) {
      report(`one login owns and runs: ${owner.user}. Nothing keeps a fault in the code from writing the tables.`);
      continue;
    }
    if (await makeLogin(owner, schema, grant)) report(`created the login ${grant.login}`);
    await giveRoles(owner, schema, grant, report);
    await tellOfPower(owner, schema, grant, report);
  }
}

const notALogin = ({ login }: Grant) =>
  new MakegoodError(
    'INVALID_SETTING',
    `"${login}" is a role of Makegood's own, which logins get. Name a login otherwise.`,
  );

/** Answers whether it was missing. */
async function makeLogin(owner: Client, schema: string, { login, password }: Grant): Promise<boolean> {
  const { rowCount } = await owner.query('SELECT FROM pg_roles WHERE rolname = $1', [login]);
  if (rowCount !== 0) return false;
  const name = escapeIdentifier(login);
  try {
    await owner.query(
      `CREATE ROLE ${name} LOGIN${password === undefined ? '' : ` PASSWORD ${escapeLiteral(password)}`}`,
    );
  } catch (cause) {
    if (isDuplicate(cause)) return false;
    if (sqlState(cause) !== NOT_ALLOWED) throw cause;
    const message = `The login "${login}" does not exist, and "${owner.user}" may not create it. Have it created (LOGIN and nothing else), then migrate again.`;
    throw new MakegoodError('INVALID_SETTING', message, {}, { cause });
  }
  const database = owner.database ?? '';
  await owner.query(`COMMENT ON ROLE ${name} IS ${escapeLiteral(markOf(database, schema))}`);
  for (const [setting, value] of Object.entries(SETTINGS)) {
    const where = `${name} IN DATABASE ${escapeIdentifier(database)}`;
    await owner.query(`ALTER ROLE ${where} SET ${setting} = ${escapeLiteral(value)}`);
  }
  return true;
}

/** The comment on a login that we have made, so that `migrate --drop` takes it away again. */
export const markOf = (database: string, schema: string) => `made by makegood migrate for ${schema} in ${database}`;

async function giveRoles(owner: Client, schema: string, grant: Grant, report: (line: string) => void): Promise<void> {
  const { login, roles, unlessIt } = grant;
  const before = await rolesOf(owner, schema, login);
  if (unlessIt === 'has roles' && before.length > 0) return;
  try {
    for (const role of ROLES.filter((one) => roles.includes(one) !== before.includes(one))) {
      const [what, name] = [escapeIdentifier(roleName(schema, role)), escapeIdentifier(login)];
      await owner.query(roles.includes(role) ? `GRANT ${what} TO ${name}` : `REVOKE ${what} FROM ${name}`);
    }
  } catch (cause) {
    if (sqlState(cause) !== NOT_ALLOWED) throw cause;
    throw notGiven(schema, grant, `"${owner.user}" may not give roles`, cause);
  }
  // A role given by somebody else stays without an error.
  const left = (await rolesOf(owner, schema, login)).filter((role) => !roles.includes(role));
  if (left.length > 0) throw notGiven(schema, grant, `${left.join(', ')} was given to it by another role`);
  report(`${login} has the roles ${roles.join(', ') || 'of nobody'}`);
}

function notGiven(schema: string, { login, roles }: Grant, why: string, cause?: unknown): MakegoodError {
  const names = roles.map((role) => roleName(schema, role)).join(', ');
  const message = `"${login}" could not be given exactly its roles: ${why}. Have that done (GRANT ${names} TO "${login}", REVOKE the others), then migrate again.`;
  return new MakegoodError('INVALID_SETTING', message, {}, { cause });
}

async function rolesOf(owner: Client, schema: string, login: string): Promise<Role[]> {
  const { rows } = await owner.query<{ role: string }>(
    `SELECT roleid::regrole::text AS role FROM pg_auth_members WHERE member = (SELECT oid FROM pg_roles WHERE rolname = $1)`,
    [login],
  );
  return ROLES.filter((role) => rows.some((row) => row.role === roleName(schema, role)));
}

/** What nobody would guess of a login, in a line each. */
async function tellOfPower(owner: Client, schema: string, grant: Grant, report: (line: string) => void): Promise<void> {
  const { rows } = await owner.query<{ powerful: boolean; connects: boolean; inherits: boolean }>(
    `SELECT rolsuper OR pg_has_role(rolname, current_user, 'MEMBER') AS powerful, rolinherit AS inherits,
            has_database_privilege(rolname, current_database(), 'CONNECT') AS connects
       FROM pg_roles WHERE rolname = $1`,
    [grant.login],
  );
  const { powerful, connects, inherits } = rows[0] ?? {};
  const all = (await rolesOf(owner, schema, grant.login)).length === ROLES.length;
  if (all) {
    report(
      `${grant.login} may do everything: move credits, grant them, make API keys. To tell workers, servers and operators apart: makegood migrate --grant LOGIN=worker,server`,
    );
  }
  if (powerful) report(`${grant.login} can act as the owner: it may write the tables all the same`);
  if (inherits === false) report(`${grant.login} does not inherit its roles: ALTER ROLE "${grant.login}" INHERIT`);
  if (connects === false)
    report(`${grant.login} may not connect: GRANT CONNECT ON DATABASE "${owner.database}" TO "${grant.login}"`);
}
