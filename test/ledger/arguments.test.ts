import type { Pool } from 'pg';
import { adjust, grant } from '../../ledger/credits';
import { CALLS } from '../../prisma/rights';
import { callerOf, newAccountId, TEST_NAMESPACE } from '../harness/ledger';
import { ownDatabase } from '../harness/own-database';
import { hold, VALID, WRONG, who, why } from './wrong-arguments';

// The functions are the only door to the money, and whoever has a login may call them with anything. What is no call of
// ours is refused by the functions themselves, and nothing is written.

let owner: Pool;
beforeAll(async () => {
  ({ owner } = await ownDatabase());
  await call('register_namespace', [TEST_NAMESPACE]);
  await call('grant_credits', ['a', 10, 'first', null]);
  await call('reserve', Object.values(VALID.reserve as object).with(1, 'held'));
});

const call = (name: string, values: readonly unknown[]) =>
  owner.query(`SELECT ${name}(${values.map((_, index) => `$${index + 1}`).join(', ')}) AS answer`, [...values]);

/** Of every row of every table. */
async function digest(): Promise<string> {
  const { rows } = await owner.query<{ name: string }>(
    `SELECT oid::regclass::text AS name FROM pg_class
      WHERE relkind = 'r' AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'account'::regclass)`,
  );
  const each = rows.map(
    ({ name }) => `coalesce((SELECT md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM ${name} AS t), '')`,
  );
  const all = await owner.query<{ digest: string }>(`SELECT concat_ws(' ', ${each.join(', ')}) AS digest`);
  return (all.rows[0] as { digest: string }).digest;
}

async function withoutARow(act: () => Promise<unknown>): Promise<void> {
  const before = await digest();
  await act();
  expect(await digest()).toBe(before);
}

/** Data exception, constraint violation, invalid transaction state. */
const REFUSED = { code: expect.stringMatching(/^2[235]/) };

test.each(Object.keys(VALID))(
  'GIVEN %s WHEN one argument is wrong THEN it is refused, and nothing is written',
  async (name) => {
    const valid = VALID[name] as Record<string, unknown>;
    for (const [index, argument] of Object.keys(valid).entries()) {
      for (const wrong of WRONG[argument] as unknown[]) {
        // A hold of another namespace is none of ours to sweep, which is no mistake.
        if (name === 'sweep' && String(wrong).startsWith('2222')) continue;
        const values = Object.values(valid).with(index, wrong);
        await withoutARow(async () => {
          const answer = await call(name, values).then(
            ({ rows }) => `${argument} = ${String(wrong).slice(0, 40)} answered ${JSON.stringify(rows[0].answer)}`,
            (error) => error,
          );
          expect(answer).toMatchObject(REFUSED);
        });
      }
    }
  },
);

test('GIVEN all functions that anybody may call THEN these tests spoil the arguments of each that writes', () => {
  // What reads, and the forms of arguments, are made of: no argument of theirs can do harm.
  const reads = /^(chain|entry_digest|content_of_|last_seq_before|metadata_is_sound|rest_after)/;
  const callable = Object.keys(CALLS).filter((name) => CALLS[name]?.length && !reads.test(name));
  expect(Object.keys(VALID).sort()).toEqual(callable.sort());
});

test('GIVEN the arguments that these tests spoil WHEN they are whole THEN each function takes them', async () => {
  const client = await owner.connect();
  try {
    for (const [name, values] of Object.entries(VALID)) {
      const places = Object.keys(values).map((_, index) => `$${index + 1}`);
      await client.query('BEGIN');
      await client.query(`SELECT ${name}(${places.join(', ')})`, Object.values(values));
      await client.query('ROLLBACK');
    }
  } finally {
    client.release();
  }
});

const move = {
  reserve: {
    do: 'reserve',
    ...who,
    generation: 'new',
    execution: 'e',
    proven: false,
    price: 3,
    kind: 'email-draft',
    label: 'A draft',
    inputHash: 'input',
    workflowId: 'w',
    namespace: TEST_NAMESPACE,
    after: 0,
  },
  settle: { do: 'settle', ...who, generation: 'held', output: { subject: 'Hello' } },
  refund: { do: 'refund', ...who, generation: 'held', proven: false, ...why },
} as Record<string, Record<string, unknown>>;
const ARGUMENT: Record<string, string> = { amount: 'price' };

test.each(Object.keys(move))('GIVEN a %s in a batch WHEN one argument is wrong THEN it is not made', async (name) => {
  const arguments_ = Object.keys(VALID[name] as object);
  for (const argument of arguments_) {
    for (const wrong of WRONG[argument] as unknown[]) {
      if (argument === 'output' && typeof wrong === 'string' && /^$|^{/.test(wrong)) continue;
      // None at all, which is as good as any.
      if (argument === 'metadata' && wrong === 'null') continue;
      const isJson = (argument === 'output' || argument === 'metadata') && wrong !== null;
      const value = isJson ? JSON.parse(wrong as string) : wrong;
      const spoilt = [{ ...move[name], [ARGUMENT[argument] ?? argument]: value }];
      await withoutARow(async () => {
        const answer = await call('move', [JSON.stringify(spoilt), true]).then(
          ({ rows }) => ({ argument, wrong, answer: rows[0].answer }),
          (error) => error,
        );
        // What is not ordinary is left to the single function, which refuses it.
        if (!(answer instanceof Error))
          expect(answer).toEqual({ argument, wrong, answer: [{ i: 0, outcome: 'single' }] });
        else expect(answer).toMatchObject(REFUSED);
      });
    }
  }
});

const NOBODY: Record<string, unknown> = {
  reserve: { outcome: 'unknown_account' },
  settle: { outcome: 'closed' },
  refund: { outcome: 'nothing_held' },
  adjust: { outcome: 'unknown_account' },
  record_attempt: 0,
};

test.each(Object.keys(NOBODY))(
  'GIVEN no such account WHEN %s is called THEN it says so, and leaves no trace of it',
  async (name) => {
    const values = Object.values({ ...VALID[name], account: 'nobody' });
    await withoutARow(async () => expect((await call(name, values)).rows[0].answer).toEqual(NOBODY[name]));
  },
);

test('GIVEN no such generation WHEN an attempt is recorded, or it is swept THEN nothing is written', async () => {
  await withoutARow(() => call('record_attempt', Object.values({ ...VALID.record_attempt, generation: 'none' })));
  const swept = JSON.stringify([{ ...hold, generation: 'none' }]);
  await withoutARow(() => call('sweep', ['a', TEST_NAMESPACE, swept]));
});

const MOVES = {
  ...VALID,
  sweep: { ...VALID.sweep, holds: JSON.stringify([hold]) },
} as typeof VALID;

test.each(['REPEATABLE READ', 'SERIALIZABLE'])(
  'GIVEN a transaction at %s WHEN credits would move THEN it is refused',
  async (isolation) => {
    const client = await owner.connect();
    try {
      for (const name of ['reserve', 'settle', 'refund', 'sweep', 'move', 'grant_credits', 'adjust']) {
        const values = Object.values(MOVES[name] as object);
        await client.query(`BEGIN ISOLATION LEVEL ${isolation}`);
        const refused = client.query(`SELECT ${name}(${values.map((_, index) => `$${index + 1}`).join(', ')})`, values);
        await expect(refused).rejects.toMatchObject({ code: '25000' });
        await client.query('ROLLBACK');
      }
    } finally {
      client.release();
    }
  },
);

test('GIVEN a database whose default is REPEATABLE READ WHEN the client moves credits THEN they move, alone and together', async () => {
  const { db, operator, owner: other } = await ownDatabase();
  await other.query(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = ''repeatable read''',
                                                current_database()); END $$`);
  const account = newAccountId();
  await other.query('SELECT register_namespace($1)', [TEST_NAMESPACE]);
  expect(await grant(operator, account, 10, 'k', null)).toMatchObject({ outcome: 'granted' });
  expect(await adjust(operator, account, -1, 'k2', 'A correction.')).toMatchObject({ outcome: 'adjusted', balance: 9 });
  const callers = ['g1', 'g2', 'g3'].map((generation) => callerOf(account, { db, generation }));
  const reserved = await Promise.all(callers.map((caller) => caller.reserve()));
  expect(reserved.map(({ outcome }) => outcome)).toEqual(['reserved', 'reserved', 'reserved']);
  expect(await callers[0]?.settle()).toMatchObject({ outcome: 'settled' });
  expect(await callers[1]?.refund()).toMatchObject({ outcome: 'refunded' });
});
