import { Client } from 'pg';
import { onClose, ownerSql, stackEnv } from '../harness';
import { callerOf, fundedAccount, withoutAMove } from './fixture';

// The role that everything but `migrate` works as: it reads, and calls the functions named makegood_*. Nothing else,
// so that no fault in the TypeScript can mint or lose a credit.

const NOT_ALLOWED = '42501';
let application: Client;
beforeAll(async () => {
  application = new Client({ connectionString: stackEnv().DATABASE_URL });
  await application.connect();
  onClose(() => application.end());
});

test('GIVEN the application role WHEN it writes any table, or changes one THEN it may not', async () => {
  const { rows: tables } = await ownerSql().query<{ table: string; column: string }>(
    `SELECT attrelid::regclass::text AS table, attname AS column FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
      WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum = 1`,
  );
  expect(tables.map(({ table }) => table)).toEqual(expect.arrayContaining(['account', 'reservation', 'ledger_entry']));
  for (const { table, column } of tables) {
    for (const sql of [
      `INSERT INTO ${table} DEFAULT VALUES`,
      `UPDATE ${table} SET ${column} = ${column}`,
      `DELETE FROM ${table}`,
      `TRUNCATE ${table} CASCADE`,
      `SELECT FROM ${table} FOR UPDATE`,
      `COPY ${table} FROM STDIN`,
      `ALTER TABLE ${table} DISABLE TRIGGER ALL`,
      `ALTER TABLE ${table} ADD COLUMN mine integer`,
      `CREATE TRIGGER mine BEFORE INSERT ON ${table} EXECUTE FUNCTION ledger_entry_append_only()`,
      `CREATE RULE mine AS ON INSERT TO ${table} DO INSTEAD NOTHING`,
      `CREATE INDEX mine ON ${table} (${column})`,
      `DROP TABLE ${table} CASCADE`,
    ]) {
      const code = await application.query(sql).then(
        () => 'allowed',
        (error) => error.code,
      );
      expect([sql, code]).toEqual([sql, NOT_ALLOWED]);
    }
  }
});

test('GIVEN the application role WHEN it calls what our functions are made of THEN it may not', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  await withoutAMove(account, async () => {
    for (const sql of [
      `SELECT append_entry('${account}', 'GRANT', 100, 0, NULL, NULL, 'k', NULL, NULL)`,
      `SELECT open_reservation('${account}', 'g1', 't1', 1, 'n')`,
      `SELECT close_settled(r, '{}') FROM reservation r WHERE account_id = '${account}'`,
      `SELECT is_closed_run('${account}', 'g1', 't1', 'r1')`,
      `SELECT setval('reservation_id_seq', 1)`,
      `SELECT nextval('reservation_id_seq')`,
    ]) {
      await expect(application.query(sql)).rejects.toMatchObject({ code: NOT_ALLOWED });
    }
  });
  const { rows } = await ownerSql().query<{ name: string }>(
    `SELECT proname AS name FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        AND has_function_privilege($1, oid, 'EXECUTE') AND NOT starts_with(proname, 'makegood_')`,
    [new URL(stackEnv().DATABASE_URL as string).username],
  );
  expect(rows).toEqual([]);
});

test('GIVEN the application role WHEN it would change what our functions do THEN it may not', async () => {
  for (const sql of [
    'SET session_replication_role = replica',
    'SET ROLE makegood_owner',
    'CREATE TABLE public.mine ()',
    'CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql RETURN 1',
    `CREATE FUNCTION public.jsonb_build_object(text, text) RETURNS jsonb LANGUAGE sql RETURN '{}'::jsonb`,
    'CREATE SCHEMA mine',
    'DROP FUNCTION makegood_grant',
    'ALTER FUNCTION makegood_grant RESET ALL',
  ]) {
    await expect(application.query(sql)).rejects.toMatchObject({ code: NOT_ALLOWED });
  }
});

test('GIVEN temporary tables of the application role WHEN they bear the names of ours THEN the functions pass them by', async () => {
  const account = await fundedAccount(10);
  await application.query('CREATE TEMPORARY TABLE account (id text, balance bigint, held bigint, last_seq bigint)');
  await application.query('INSERT INTO pg_temp.account VALUES ($1, 1000000, 0, 1)', [account]);
  const { rows } = await application.query<{ answer: unknown }>(
    `SELECT makegood_reserve($1, 'g1', 't1', 'r1', 500, 'k', 'l', 'h', 'w', 'n', 0) AS answer`,
    [account],
  );
  expect(rows[0]?.answer).toEqual({ outcome: 'insufficient', balance: 10, price: 500 });
  await application.query('DROP TABLE pg_temp.account');
});
