import { Pool } from 'pg';
import { grant } from '../../../ledger/credits';
import type { Database } from '../../../ledger/database';
import { PLAIN } from '../../../ledger/encryption';
import { FunctionCalls } from '../../../ledger/function-calls';
import { Moves } from '../../../ledger/moves';
import { onClose } from '../../harness';
import { callerOf, newAccountId, TEST_NAMESPACE } from '../../harness/ledger';
import { loginOfEachRole, type RoleLogins } from './logins';

// A login may do what it likes with its own sessions. Ours must not be deceived by it.

const schema = 'makegood';

/** Temporary things of our names, and a session that looks for them first. */
const SHADOWS = [
  'CREATE TEMPORARY TABLE account (id text, balance bigint, held bigint, last_seq bigint)',
  `CREATE TEMPORARY TABLE generation AS SELECT * FROM ${schema}.generation`,
  `CREATE TEMPORARY TABLE reservation AS SELECT * FROM ${schema}.reservation`,
  `CREATE TEMPORARY TABLE ledger_entry AS SELECT * FROM ${schema}.ledger_entry`,
  'CREATE TEMPORARY TABLE temporal_namespace (id uuid)',
  `CREATE FUNCTION pg_temp.lock_account(text) RETURNS ${schema}.account LANGUAGE sql AS
     'SELECT NULL::text, 1000000, 0, 1, now(), NULL::bytea, NULL::bytea, NULL::uuid, now(), NULL::timestamptz, 0::bigint'`,
  'CREATE FUNCTION pg_temp.expect_arguments(boolean) RETURNS void LANGUAGE sql RETURN NULL',
  'CREATE FUNCTION pg_temp.less(bigint, bigint) RETURNS boolean LANGUAGE sql RETURN false',
  'CREATE OPERATOR pg_temp.< (FUNCTION = pg_temp.less, LEFTARG = bigint, RIGHTARG = bigint)',
  `CREATE TYPE pg_temp."EntryKind" AS ENUM ('MINE')`,
  'CREATE DOMAIN pg_temp."Credits" AS bigint',
  `SET search_path = pg_temp, ${schema}, pg_catalog`,
  'SET lock_timeout = 0',
];

let own: RoleLogins;
beforeAll(async () => {
  own = await loginOfEachRole();
  await own.owner.query('INSERT INTO temporal_namespace (id) VALUES ($1)', [TEST_NAMESPACE]);
});

/** The moves of a login whose one connection is full of shadows. */
async function shadowed(url: string): Promise<Database> {
  const pool = new Pool({ connectionString: url, max: 1, idleTimeoutMillis: 0 });
  onClose(() => pool.end());
  for (const sql of SHADOWS) await pool.query(sql);
  return { moves: new Moves(pool, pool, new FunctionCalls(schema)), texts: PLAIN } as Database;
}

test('GIVEN a worker’s session full of temporary things that bear our names THEN our functions pass them by', async () => {
  const account = newAccountId();
  await grant(own.operator, account, 10, 'first', null);
  const db = await shadowed(own.urls.worker);

  expect(await callerOf(account, { db, price: 500 }).reserve()).toEqual({
    outcome: 'insufficient',
    balance: 10,
    price: 500,
  });
  const { reserve, settle } = callerOf(account, { db, generation: 'g2', price: 4 });
  expect(await reserve()).toMatchObject({ outcome: 'reserved', balance: 6, held: 4 });
  expect(await settle()).toMatchObject({ outcome: 'settled' });
  const { rows } = await own.owner.query('SELECT balance, held, last_seq FROM account WHERE id = $1', [account]);
  expect(rows).toEqual([{ balance: '6', held: '0', last_seq: '3' }]);
});

test('GIVEN an operator’s session full of them THEN what it grants is in our account', async () => {
  const account = newAccountId();
  const db = await shadowed(own.urls.operator);
  expect(await grant(db, account, 7, 'first', null)).toMatchObject({ outcome: 'granted', balance: 7 });
  const { rows } = await own.owner.query('SELECT balance FROM account WHERE id = $1', [account]);
  expect(rows).toEqual([{ balance: '7' }]);
});

test.each([
  ['a worker', 'grants', (db: Database) => grant(db, newAccountId(), 1, 'first', null), 'worker'],
  ['a server', 'reserves', (db: Database) => callerOf(newAccountId(), { db }).reserve(), 'server'],
  ['an operator', 'settles', (db: Database) => callerOf(newAccountId(), { db }).settle(), 'operator'],
] as const)(
  'GIVEN the login of %s WHEN it %s THEN the error says which right is missing',
  async (_, __, call, role) => {
    const pool = new Pool({ connectionString: own.urls[role], max: 1 });
    onClose(() => pool.end());
    await expect(
      call({ moves: new Moves(pool, pool, new FunctionCalls(schema)), texts: PLAIN } as Database),
    ).rejects.toMatchObject({
      code: 'RIGHT_MISSING',
      message: expect.stringContaining('makegood migrate --grant'),
    });
  },
);
