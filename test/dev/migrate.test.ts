import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { type EmbeddedPostgres, startPostgres } from '../../dev/postgres';
import { migrate, missingMigrations } from '../../prisma/migrate';
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
  const at = (role: string, password: string) => postgres.url(role, password).replace(/makegood$/, name);
  return { ownerUrl: at(`${name}_owner`, 'owner'), appUrl: at(`${name}"app' --`, `it's "secret" \\`) };
}

const quiet = () => {};

test('GIVEN an empty database WHEN it is migrated twice, by two at once THEN each migration is applied once', async () => {
  const urls = await newDatabase('twice');
  const all = await migrationNames();
  expect(all.length).toBeGreaterThan(0);
  expect(await missingMigrations(urls.ownerUrl)).toEqual(all);

  const both = await Promise.all([migrate({ ...urls, report: quiet }), migrate({ ...urls, report: quiet })]);
  expect(both.flatMap(({ applied }) => applied)).toEqual(all);
  expect(await migrate({ ...urls, report: quiet })).toEqual({ applied: [] });
  expect(await missingMigrations(urls.appUrl)).toEqual([]);
});

test('GIVEN the application role WHEN it tries anything but reading and our functions THEN it may not', async () => {
  const urls = await newDatabase('roles');
  await migrate({ ...urls, report: quiet });
  // What a later migration forgets to close: every function is open to PUBLIC at first.
  await query(urls.ownerUrl, `CREATE FUNCTION forgotten() RETURNS int LANGUAGE sql AS 'SELECT 1'`);
  await migrate({ ...urls, report: quiet });

  const [role] = await query(
    urls.appUrl,
    'SELECT rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user',
  );
  expect(role).toEqual({ rolsuper: false, rolcreaterole: false, rolcreatedb: false });

  const rights = await query(
    urls.appUrl,
    `SELECT relname, array_agg(privilege) FILTER (WHERE has_table_privilege(oid, privilege)) AS rights
       FROM pg_class, unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,TRIGGER,REFERENCES}'::text[]) AS privilege
      WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace GROUP BY relname`,
  );
  expect(rights.length).toBeGreaterThan(1);
  expect(rights.map((row) => row.rights)).toEqual(rights.map(() => ['SELECT']));

  const functions = await query(
    urls.appUrl,
    `SELECT proname AS name, has_function_privilege(oid, 'EXECUTE') AS callable
       FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY proname`,
  );
  const callable = functions.filter((row) => row.callable).map((row) => String(row.name));
  expect(callable.length).toBeGreaterThanOrEqual(4);
  expect(callable.filter((name) => !name.startsWith('makegood_'))).toEqual([]);
  await expect(query(urls.appUrl, 'CREATE TABLE mine ()')).rejects.toThrow('permission denied');
  await expect(query(urls.appUrl, 'DELETE FROM ledger_entry')).rejects.toThrow('permission denied');
});

test('GIVEN a right that somebody added by hand WHEN it is migrated again THEN it is gone', async () => {
  const urls = await newDatabase('regrant');
  await migrate({ ...urls, report: quiet });
  await query(urls.ownerUrl, `GRANT UPDATE ON account TO "regrant""app' --"`);
  await migrate({ ...urls, report: quiet });
  await expect(query(urls.appUrl, 'UPDATE account SET id = id')).rejects.toThrow('permission denied');
});

test('GIVEN one role for both WHEN it is migrated THEN it works and says so', async () => {
  const { ownerUrl } = await newDatabase('alone');
  const lines: string[] = [];
  await migrate({ ownerUrl, appUrl: ownerUrl, report: (line) => lines.push(line) });
  expect(lines.join('\n')).toContain('one role owns and runs: alone_owner');
});

test('GIVEN an owner who may not create roles WHEN the role is missing THEN the error says what to do', async () => {
  const urls = await newDatabase('plain', 'NOCREATEROLE');
  const lines = migrate({ ...urls, report: quiet });
  await expect(lines).rejects.toMatchObject({ code: 'INVALID_SETTING', message: expect.stringContaining('Create it') });
});
