import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { migrate } from '../../../prisma/migrate';
import { ROLES, type Role } from '../../../prisma/rights';
import { onClose } from '../../harness';
import { type OwnDatabase, ownDatabase } from '../../harness/own-database';

export interface RoleLogins extends OwnDatabase {
  /** The URL of a login that has this role and no other. */
  readonly urls: Readonly<Record<Role, string>>;
  /** A session of it. */
  readonly sessions: Readonly<Record<Role, Client>>;
}

/** A database of the test file's own, with a login for each role. */
export async function loginOfEachRole(): Promise<RoleLogins> {
  const own = await ownDatabase();
  const ownerUrl = own.env.MAKEGOOD_OWNER_DATABASE_URL as string;
  const of = randomUUID().slice(0, 8);
  const password = 'secret';
  const login = (role: Role) => `${role}-${of}`;
  const grants = ROLES.map((role) => ({ login: login(role), password, roles: [role] }));
  await migrate({ ownerUrl, grants, report: () => {} });

  const urls = {} as Record<Role, string>;
  const sessions = {} as Record<Role, Client>;
  for (const role of ROLES) {
    const url = new URL(ownerUrl);
    Object.assign(url, { username: login(role), password });
    urls[role] = url.href;
    sessions[role] = new Client({ connectionString: url.href });
    await sessions[role].connect();
    onClose(() => sessions[role].end());
  }
  return { ...own, urls, sessions };
}

/** What comes of a statement: `done`, or the SQLSTATE that refused it. */
export async function attempt(session: Client, sql: string): Promise<string> {
  // One that is allowed after all leaves nothing behind for the next.
  await session.query('BEGIN');
  try {
    await session.query(sql);
    return 'done';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  } finally {
    await session.query('ROLLBACK');
  }
}
