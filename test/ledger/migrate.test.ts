import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { type EmbeddedPostgres, startPostgres } from '../../dev/postgres';
import type { Grant } from '../../prisma/logins';
import { migrate, missingMigrations } from '../../prisma/migrate';
import { ROLES } from '../../prisma/rights';
import { migrationNames } from '../../prisma/schema-engine';

let folder: string;
let postgres: EmbeddedPostgres;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'makegood-test-'));
  postgres = await startPostgres({ dataDir: folder });
});
afterAll(async () => {
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function query(url: string, ...statements: string[]): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    let rows: Record<string, unknown>[] = [];
    for (const sql of statements) ({ rows } = await client.query(sql));
    return rows;
  } finally {
    await client.end();
  }
}

/** A database of its own for each test, with an owner who is no superuser, as managed Postgres has it. */
async function newDatabase(name: string, ownerMay = 'CREATEROLE') {
  await query(
    postgres.ownerUrl,
    `CREATE ROLE ${name}_owner LOGIN PASSWORD 'owner' ${ownerMay}`,
    `CREATE DATABASE ${name} OWNER ${name}_owner`,
  );
  const at = (login: string, password: string, schema = `${name}_ledger`) =>
    `${postgres.url(login, password).replace(/makegood$/, name)}?schema=${schema}`;
  const [login, password] = [`${name}"app' --`, `it's "secret" \\`];
  const lines: string[] = [];
  return {
    // A schema, and so roles, of its own: those of another test's owner are not his to give.
    schema: `${name}_ledger`,
    ownerUrl: at(`${name}_owner`, 'owner'),
    login,
    appUrl: at(login, password),
    at,
    lines,
    /** What `migrate` says is in `lines`. */
    migrated: (roles: Grant['roles'] = ['worker'], more: Partial<Grant> = {}) =>
      migrate({
        ownerUrl: at(`${name}_owner`, 'owner'),
        grants: [{ login, password, roles, ...more }],
        report: (line) => lines.push(line),
      }),
  };
}

/** The roles of ours that it has, without the schema's name. */
async function rolesOf({ ownerUrl, schema, login }: Awaited<ReturnType<typeof newDatabase>>): Promise<string[]> {
  const all = ROLES.map(
    (role) => `pg_has_role('${login.replaceAll("'", "''")}', '${schema}_${role}', 'USAGE') AS ${role}`,
  );
  const [row] = await query(ownerUrl, `SELECT ${all.join(', ')}`);
  return ROLES.filter((role) => row?.[role] === true);
}

test('GIVEN an empty database WHEN it is migrated twice, by two at once THEN each migration is applied once', async () => {
  const { ownerUrl, appUrl, migrated, schema } = await newDatabase('twice');
  const all = await migrationNames();
  expect(all.length).toBeGreaterThan(0);
  expect(await missingMigrations(ownerUrl)).toEqual(all);

  const both = await Promise.all([migrated(), migrated()]);
  expect(both.flatMap(({ applied }) => applied)).toEqual(all);
  expect(await migrated()).toEqual({ applied: [] });
  expect(await missingMigrations(appUrl)).toEqual([]);
  const elsewhere = await query(
    ownerUrl,
    `SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
      WHERE nspname NOT IN ('${schema}', 'information_schema') AND NOT starts_with(nspname, 'pg_')`,
  );
  expect(elsewhere).toEqual([]);
});

test('GIVEN a login that has no role of ours THEN it counts the database as not migrated', async () => {
  const { ownerUrl, appUrl, migrated } = await newDatabase('nobody');
  await migrated([]);
  expect(await missingMigrations(appUrl)).toEqual(await migrationNames());
  expect(await missingMigrations(ownerUrl)).toEqual([]);
});

test('GIVEN a login WHEN it is given other roles THEN it has exactly those', async () => {
  const database = await newDatabase('exactly');
  await database.migrated(['worker', 'server']);
  expect(database.lines).toContain(`created the login ${database.login}`);
  expect(await rolesOf(database)).toEqual(['worker', 'server']);
  await database.migrated(['server', 'auditor']);
  expect(await rolesOf(database)).toEqual(['server', 'auditor']);
});

test('GIVEN no word on who may what THEN a login gets all roles, and is told so; one that has some keeps them', async () => {
  const database = await newDatabase('first');
  await database.migrated(ROLES, { unlessIt: 'has roles' });
  expect(await rolesOf(database)).toEqual([...ROLES]);
  expect(database.lines.join('\n')).toContain('may do everything: move credits, grant them, make API keys');

  await database.migrated(['worker']);
  await database.migrated(ROLES, { unlessIt: 'has roles' });
  expect(await rolesOf(database)).toEqual(['worker']);
});

test('GIVEN a login that migrate makes THEN its sessions are limited; one that was there is left as it is', async () => {
  const database = await newDatabase('limited');
  const { ownerUrl, appUrl, at, lines } = database;
  await database.migrated();
  const settings = `SELECT current_setting('statement_timeout') AS timeout, current_setting('default_transaction_isolation') AS isolation`;
  expect(await query(appUrl, settings)).toEqual([{ timeout: '14s', isolation: 'read committed' }]);

  await query(
    ownerUrl,
    `CREATE ROLE limited_old LOGIN PASSWORD 'old'`,
    `ALTER ROLE limited_old SET statement_timeout = '1min'`,
  );
  const grants = [{ login: 'limited_old', password: 'another', roles: ['server'] as const }];
  await migrate({ ownerUrl, grants, report: (line) => lines.push(line) });
  expect(await query(at('limited_old', 'old'), settings)).toMatchObject([{ timeout: '1min' }]);
});

test('GIVEN rights that somebody added by hand, or that the host gives to all by default WHEN it is migrated THEN they are gone', async () => {
  const { ownerUrl, migrated, schema, login } = await newDatabase('regrant');
  await query(
    ownerUrl,
    'CREATE ROLE regrant_host NOLOGIN',
    'ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO regrant_host',
    'ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC',
  );
  await migrated();
  const name = `"${login.replaceAll('"', '""')}"`;
  await query(
    ownerUrl,
    `GRANT UPDATE ON ${schema}.account TO ${name} WITH GRANT OPTION`,
    `GRANT UPDATE (balance) ON ${schema}.account TO regrant_host`,
    `GRANT INSERT ON ${schema}.account TO ${schema}_worker`,
    `CREATE FUNCTION ${schema}.forgotten() RETURNS int LANGUAGE sql AS 'SELECT 1'`, // Open to PUBLIC, as every function is at first.
  );
  await migrated();
  const left = await query(
    ownerUrl,
    `SELECT DISTINCT object, grantee, privilege FROM (
       SELECT relname AS object, (aclexplode(relacl)).* FROM pg_class WHERE relnamespace = '${schema}'::regnamespace
       UNION ALL SELECT attname, (aclexplode(attacl)).* FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
                  WHERE relnamespace = '${schema}'::regnamespace AND attname = 'balance'
       UNION ALL SELECT proname, (aclexplode(coalesce(proacl, acldefault('f', proowner)))).* FROM pg_proc
                  WHERE pronamespace = '${schema}'::regnamespace
     ) AS acl (object, grantor, grantee_id, privilege, grantable), CAST(grantee_id::regrole AS text) AS grantee
     WHERE grantee NOT IN ('regrant_owner', '${ROLES.map((role) => `${schema}_${role}`).join("', '")}')
        OR (grantee LIKE '${schema}%' AND privilege NOT IN ('SELECT', 'EXECUTE'))`,
  );
  expect(left).toEqual([]);
});

test('GIVEN one login for both WHEN it is migrated THEN it works and says so', async () => {
  const { ownerUrl } = await newDatabase('alone');
  const lines: string[] = [];
  await migrate({ ownerUrl, grants: [{ login: 'alone_owner', roles: ROLES }], report: (line) => lines.push(line) });
  expect(lines.join('\n')).toContain('one login owns and runs: alone_owner');
});

test('GIVEN an owner who may not create roles WHEN one is missing THEN the error says what to do', async () => {
  const { migrated, schema } = await newDatabase('plain', 'NOCREATEROLE');
  await expect(migrated()).rejects.toMatchObject({
    code: 'INVALID_SETTING',
    message: expect.stringContaining(`CREATE ROLE ${schema}_worker NOLOGIN`),
  });
});

test('GIVEN a name of our own roles for a login THEN it is refused before anything is done', async () => {
  const { ownerUrl, schema } = await newDatabase('confused');
  const grants = [{ login: `${schema}_worker`, roles: ['worker'] as const }];
  await expect(migrate({ ownerUrl, grants, report: () => {} })).rejects.toMatchObject({ code: 'INVALID_SETTING' });
  expect(await query(ownerUrl, `SELECT to_regnamespace('${schema}') AS made`)).toEqual([{ made: null }]);
});

test('GIVEN a schema of our name that is somebody else’s THEN it is left alone', async () => {
  const { ownerUrl, migrated, schema } = await newDatabase('taken');
  await query(ownerUrl, `CREATE SCHEMA ${schema}`, `CREATE TABLE ${schema}.account (id text)`);
  await expect(migrated()).rejects.toMatchObject({
    code: 'INVALID_SETTING',
    message: expect.stringContaining('MAKEGOOD_SCHEMA'),
  });
  expect(await query(ownerUrl, `SELECT relname FROM pg_class WHERE relnamespace = '${schema}'::regnamespace`)).toEqual([
    { relname: 'account' },
  ]);
});
