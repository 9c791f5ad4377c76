import { CALLS, READS, ROLES, SECRETS } from '../../../prisma/rights';
import { attempt, loginOfEachRole, type RoleLogins } from './logins';

// Each role's login tries everything that is another's, or the owner's.

const NOT_ALLOWED = '42501';
const schema = 'makegood';
let own: RoleLogins;
let tables: { name: string; kind: string; columns: string[] }[];
let routines: { name: string; call: string }[];
beforeAll(async () => {
  own = await loginOfEachRole();
  ({ rows: tables } = await own.owner.query(
    `SELECT relname AS name, relkind AS kind, array_agg(quote_ident(attname)) AS columns
       FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
      WHERE relnamespace = '${schema}'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S') GROUP BY 1, 2`,
  ));
  ({ rows: routines } = await own.owner.query(
    `SELECT proname AS name, format('%I.%I(%s)', nspname, proname, (
         SELECT string_agg(format('NULL::%I.%I', typnamespace::regnamespace, typname), ', ' ORDER BY n)
           FROM unnest(proargtypes) WITH ORDINALITY AS args (type, n)
           JOIN pg_type ON pg_type.oid = type)) AS call
       FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace WHERE nspname = '${schema}'`,
  ));
});

test('GIVEN the tables and functions of our schema THEN each is in a row of the table of rights, and each row is of one', () => {
  const stored = tables.filter(({ kind }) => kind !== 'S').map(({ name }) => name);
  expect(stored.sort()).toEqual(Object.keys(READS).sort());
  expect([...new Set(routines.map(({ name }) => name))].sort()).toEqual(Object.keys(CALLS).sort());
});

test('GIVEN our functions WHEN they run with their owner’s rights THEN they look for names in our schema first, and in temporary objects last', async () => {
  const { rows } = await own.owner.query(
    `SELECT DISTINCT proconfig::text AS config FROM pg_proc, unnest(proconfig) AS setting
      WHERE pronamespace = '${schema}'::regnamespace AND prosecdef AND setting LIKE 'search_path=%'
        AND setting <> 'search_path=${schema}, pg_temp'
      UNION SELECT proname FROM pg_proc WHERE pronamespace = '${schema}'::regnamespace AND prosecdef
        AND NOT EXISTS (SELECT FROM unnest(proconfig) AS setting WHERE setting LIKE 'search_path=%')`,
  );
  expect(rows).toEqual([]);
});

test('GIVEN our roles THEN nobody logs in as one, none has a power, and none is a member of another', async () => {
  const { rows } = await own.owner.query(
    `SELECT rolname, rolcanlogin OR rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls AS power,
            EXISTS (SELECT FROM pg_auth_members WHERE member = pg_roles.oid) AS member
       FROM pg_roles WHERE rolname LIKE '${schema}\\_%' AND rolname <> '${schema}_owner' ORDER BY 1`,
  );
  expect(rows).toEqual(
    ROLES.map((role) => ({ rolname: `${schema}_${role}`, power: false, member: false })).sort((a, b) =>
      a.rolname < b.rolname ? -1 : 1,
    ),
  );
});

test('GIVEN the table of rights THEN it says what the documentation promises: who mints, who moves, who knows secrets', async () => {
  const may = async (privilege: string) => {
    const all = ROLES.map((role) => `${privilege.replaceAll('$role', `'${schema}_${role}'`)} AS ${role}`);
    const { rows } = await own.owner.query<Record<string, boolean>>(`SELECT ${all.join(', ')}`);
    return ROLES.filter((role) => rows[0]?.[role]);
  };
  const call = async (name: string) =>
    may(`has_function_privilege($role, '${schema}.${name}'::regproc::oid, 'EXECUTE')`);
  for (const name of ['grant_credits', 'adjust', 'create_key', 'revoke_key'])
    expect(await call(name)).toEqual(['operator']);
  for (const name of ['reserve', 'settle', 'refund', 'move', 'sweep']) expect(await call(name)).toEqual(['worker']);
  const hash = `has_column_privilege($role, '${schema}.api_key', 'key_hash', 'SELECT')`;
  expect(await may(hash)).toEqual(['server', 'operator']);
  expect(await may(`has_any_column_privilege($role, '${schema}.installation', 'SELECT')`)).toEqual([]);
});

describe.each(ROLES)('GIVEN the login of a role: %s', (role) => {
  /** The statements that were not refused, which is none of those that must be. */
  const allowed = async (statements: readonly string[]) => {
    const outcomes: string[] = [];
    for (const sql of statements) {
      const outcome = await attempt(own.sessions[role], sql);
      if (outcome !== NOT_ALLOWED) outcomes.push(`${outcome}: ${sql}`);
    }
    return outcomes;
  };

  test('WHEN it reads THEN it reads its tables, and no other, nor a secret of another role', async () => {
    for (const { name, columns } of tables) {
      const table = `${schema}.${name}`;
      const secret = SECRETS[name];
      const hidden = secret && !secret.readers.includes(role) ? secret.columns : [];
      if (!READS[name]?.includes(role)) {
        expect(await allowed([`SELECT * FROM ${table}`, `TABLE ${table}`, `COPY ${table} TO STDOUT`])).toHaveLength(0);
        continue;
      }
      const open = columns.filter((column) => !hidden.includes(column)).join(', ');
      expect(await attempt(own.sessions[role], `SELECT ${open} FROM ${table}`)).toBe('done');
      expect(await allowed(hidden.map((column) => `SELECT ${column} FROM ${table}`))).toEqual([]);
      if (hidden.length > 0) expect(await allowed([`SELECT * FROM ${table}`, `COPY ${table} TO STDOUT`])).toEqual([]);
    }
  });

  test('WHEN it writes a table, locks it or changes it THEN it may not', async () => {
    for (const { name, kind, columns } of tables) {
      const table = `${schema}.${name}`;
      if (kind === 'S') {
        expect(await allowed([`SELECT setval('${table}', 1)`, `SELECT nextval('${table}')`])).toEqual([]);
        continue;
      }
      const [column] = columns;
      const outcomes = await allowed([
        `INSERT INTO ${table} DEFAULT VALUES`,
        `UPDATE ${table} SET ${column} = DEFAULT`,
        `DELETE FROM ${table}`,
        `TRUNCATE ${table} CASCADE`,
        `MERGE INTO ${table} USING (SELECT 1) AS one ON false WHEN NOT MATCHED THEN INSERT DEFAULT VALUES`,
        `SELECT 1 FROM ${table} FOR UPDATE`,
        `SELECT 1 FROM ${table} FOR KEY SHARE`,
        `LOCK TABLE ${table} IN ROW EXCLUSIVE MODE`,
        `COPY ${table} FROM STDIN`,
        `ALTER TABLE ${table} DISABLE TRIGGER ALL`,
        `ALTER TABLE ${table} ADD COLUMN mine integer`,
        `ALTER TABLE ${table} OWNER TO CURRENT_USER`,
        `CREATE RULE mine AS ON INSERT TO ${table} DO INSTEAD NOTHING`,
        `CREATE INDEX mine ON ${table} (${column})`,
        `CREATE POLICY mine ON ${table}`,
        `COMMENT ON TABLE ${table} IS 'mine'`,
        `DROP TABLE ${table} CASCADE`,
        `GRANT SELECT ON ${table} TO PUBLIC WITH GRANT OPTION`,
      ]);
      // Where it has a right without the option to pass it on, Postgres warns and gives nothing.
      expect(outcomes.filter((outcome) => !outcome.includes('GRANT SELECT'))).toEqual([]);
    }
    const { rows } = await own.owner.query(
      `SELECT relname FROM pg_class, aclexplode(relacl) WHERE relnamespace = '${schema}'::regnamespace AND grantee = 0`,
    );
    expect(rows).toEqual([]);
  });

  test('WHEN it calls the function of another role, or one that is the owner’s THEN it may not', async () => {
    const foreign = routines.filter(({ name }) => !CALLS[name]?.includes(role));
    expect(foreign.length).toBeGreaterThan(0);
    expect(await allowed(foreign.map(({ call }) => `SELECT ${call}`))).toEqual([]);
    // Its own it may call: whatever comes of so many NULLs, it is not that.
    for (const { call } of routines.filter(({ name }) => CALLS[name]?.includes(role))) {
      expect(await attempt(own.sessions[role], `SELECT ${call}`)).not.toBe(NOT_ALLOWED);
    }
  });

  test('WHEN it would become somebody else, or more than it is THEN it may not', async () => {
    const others = [...ROLES.filter((other) => other !== role).map((other) => `${schema}_${other}`), 'makegood_owner'];
    const me = own.sessions[role].user as string;
    expect(
      await allowed([
        ...others.flatMap((other) => [
          `SET ROLE ${other}`,
          `SET SESSION AUTHORIZATION ${other}`,
          `GRANT ${other} TO "${me}"`,
          `ALTER ROLE ${other} SET search_path = public`,
          `DROP ROLE ${other}`,
        ]),
        ...['SUPERUSER', 'CREATEROLE', 'CREATEDB', 'BYPASSRLS', 'REPLICATION'].map(
          (power) => `ALTER ROLE "${me}" ${power}`,
        ),
        `GRANT ${schema}_${role} TO makegood_owner`,
        'CREATE ROLE mine',
        `ALTER DATABASE ${own.sessions[role].database} SET search_path = public`,
        `ALTER ROLE ALL SET search_path = public`,
        'SET session_replication_role = replica',
        'SET log_statement = none',
        'ALTER DEFAULT PRIVILEGES FOR ROLE makegood_owner GRANT ALL ON TABLES TO PUBLIC',
      ]),
    ).toEqual([]);
  });

  test('WHEN it would put something among ours, or take it away THEN it may not', async () => {
    const replaced = routines.map(({ name }) => name);
    expect(
      await allowed([
        `CREATE TABLE ${schema}.mine ()`,
        `CREATE VIEW ${schema}.mine AS SELECT 1`,
        `CREATE SEQUENCE ${schema}.mine`,
        `CREATE TYPE ${schema}.mine AS ENUM ()`,
        `CREATE FUNCTION ${schema}.mine() RETURNS int LANGUAGE sql RETURN 1`,
        `CREATE FUNCTION ${schema}.jsonb_build_object(text, text) RETURNS jsonb LANGUAGE sql RETURN '{}'::jsonb`,
        `CREATE OPERATOR ${schema}.< (FUNCTION = int8lt, LEFTARG = bigint, RIGHTARG = bigint)`,
        `ALTER SCHEMA ${schema} RENAME TO mine`,
        `DROP SCHEMA ${schema} CASCADE`,
        'CREATE SCHEMA mine',
        'CREATE EXTENSION dblink',
        'CREATE EVENT TRIGGER mine ON ddl_command_end EXECUTE FUNCTION mine()',
        'CREATE PUBLICATION mine FOR ALL TABLES',
        ...replaced.flatMap((name) => [
          `ALTER ROUTINE ${schema}.${name} RESET ALL`,
          `ALTER ROUTINE ${schema}.${name} OWNER TO CURRENT_USER`,
          `DROP ROUTINE ${schema}.${name}`,
        ]),
      ]),
    ).toEqual([]);
  });

  test('WHEN it would reach files, programs or other sessions THEN it may not', async () => {
    const owner = await own.owner.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    expect(
      await allowed([
        `COPY (SELECT 1) TO '/tmp/mine'`,
        `COPY (SELECT 1) TO PROGRAM 'true'`,
        `CREATE TEMPORARY TABLE mine (line text); COPY mine FROM '/etc/passwd'`,
        `SELECT lo_import('/etc/passwd')`,
        `SELECT lo_export(0, '/tmp/mine')`,
        `SELECT pg_read_file('postgresql.conf')`,
        `SELECT pg_ls_dir('.')`,
        `SELECT pg_terminate_backend(${owner.rows[0]?.pid})`,
        `SELECT * FROM pg_authid`,
        `SELECT * FROM pg_largeobject`,
        `SELECT pg_switch_wal()`,
        `SELECT pg_promote()`,
      ]),
    ).toEqual([]);
  });
});
