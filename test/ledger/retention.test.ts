import { grant, registerNamespace } from '../../ledger/credits';
import { expireOutputs } from '../../ledger/erasure';
import type { AccountId } from '../../ledger/ids';
import { ownQueue, stackEnv, until } from '../harness';
import { run } from '../harness/command';
import { callerOf, newAccountId, TEST_NAMESPACE } from '../harness/ledger';
import { type OwnDatabase, ownDatabase } from '../harness/own-database';

// Each test has a database of its own, in which time can pass.

async function account({ db, operator }: OwnDatabase): Promise<AccountId> {
  const id = newAccountId();
  await registerNamespace(db, TEST_NAMESPACE);
  await grant(operator, id, 100, 'first', 'For Ada');
  return id;
}

/** As `migrate` sets it. */
const retain = (owner: OwnDatabase['owner'], days: number | null) =>
  owner.query('UPDATE installation SET retention_days = $1', [days]);

/** Makes everything that there is so many days older. */
async function pass(owner: OwnDatabase['owner'], days: number): Promise<void> {
  await owner.query(`BEGIN; ALTER TABLE ledger_entry DISABLE TRIGGER USER;
    UPDATE ledger_entry SET at = at - ${days} * interval '1 day';
    ALTER TABLE ledger_entry ENABLE TRIGGER USER; COMMIT`);
}

const outputs = async (owner: OwnDatabase['owner']) =>
  (
    await owner.query<{ line: string }>(
      `SELECT concat_ws(' ', id, status, CASE WHEN erased_at IS NULL THEN 'kept' ELSE 'erased' END) AS line
         FROM generation ORDER BY id`,
    )
  ).rows.map(({ line }) => line);

test('GIVEN a retention of 3 days WHEN time passes THEN what ended longer ago is erased, the rest and what is open is kept', async () => {
  const own = await ownDatabase();
  const { db, owner } = own;
  const who = await account(own);
  await retain(owner, 3);
  const of = (generation: string, more = {}) => callerOf(who, { db, generation, price: 1, ...more });
  for (const id of ['a-delivered', 'b-refunded', 'c-retried', 'd-open']) await of(id).reserve();
  await of('a-delivered').settle();
  await of('b-refunded').refund();
  await of('c-retried').refund();
  await pass(owner, 2);
  // Two days later: tried again.
  const retried = of('c-retried', { execution: 't2', run: 'r2', after: 1 });
  await retried.reserve();
  await retried.settle();
  expect(await expireOutputs(db)).toBe(0);
  await pass(owner, 2);
  await of('e-new').reserve();
  await of('e-new').settle();

  expect(await expireOutputs(db)).toBe(2);
  const four = ['a-delivered SUCCEEDED erased', 'b-refunded REFUNDED erased'];
  expect(await outputs(owner)).toEqual([
    ...four,
    ...['c-retried SUCCEEDED kept', 'd-open RESERVED kept', 'e-new SUCCEEDED kept'],
  ]);
  // What was passed over comes when it is its time, once.
  expect(await expireOutputs(db)).toBe(0);
  await of('d-open').settle();
  await pass(owner, 4);
  expect(await expireOutputs(db)).toBe(3);
  expect((await outputs(owner)).every((line) => line.endsWith('erased'))).toBe(true);
});

test('GIVEN many accounts and entries WHEN they expire THEN batches go on where the last one ended, and leave none', async () => {
  const own = await ownDatabase();
  const { db, owner } = own;
  const accounts = await Promise.all(Array.from({ length: 7 }, () => account(own)));
  const made = accounts.flatMap((who) =>
    Array.from({ length: 70 }, async (_, n) => {
      const caller = callerOf(who, { db, generation: `g${n}`, price: 1 });
      await caller.reserve();
      await caller.settle();
    }),
  );
  await Promise.all(made);
  await retain(owner, 1);
  await pass(owner, 2);
  expect(await expireOutputs(db)).toBe(490);
  expect((await outputs(owner)).every((line) => line.endsWith('erased'))).toBe(true);
});

test('GIVEN an account that somebody has locked WHEN outputs expire THEN it is left to the next time, and nobody waits', async () => {
  const own = await ownDatabase();
  const { db, owner } = own;
  const who = await account(own);
  await callerOf(who, { db, price: 1 }).reserve();
  await callerOf(who, { db, price: 1 }).settle();
  await retain(owner, 1);
  await pass(owner, 2);
  const other = await owner.connect();
  await other.query('BEGIN');
  await other.query('SELECT FROM account WHERE id = $1 FOR UPDATE', [who]);
  expect(await expireOutputs(db)).toBe(0);
  await other.query('ROLLBACK');
  other.release();
  expect(await expireOutputs(db)).toBe(1);
});

test.each([0, -1, 36_501])(
  'GIVEN a retention of %s days WHEN the owner sets it THEN the database refuses',
  async (days) => {
    const { owner } = await ownDatabase();
    await expect(retain(owner, days)).rejects.toMatchObject({ code: '23514' });
  },
);

test('GIVEN no retention WHEN a worker asks THEN nothing is erased, however old, and it cannot set one', async () => {
  const own = await ownDatabase();
  const { db, owner, env } = own;
  const who = await account(own);
  await callerOf(who, { db, price: 1 }).reserve();
  await callerOf(who, { db, price: 1 }).settle();
  await pass(owner, 5_000);
  expect(await expireOutputs(db)).toBe(0);
  await expect(db.$executeRaw`UPDATE ${db.schema}.installation SET retention_days = 1`).rejects.toThrow(
    /permission denied/,
  );
  const { startWorker } = ownQueue({ ...env, MAKEGOOD_OUTPUT_RETENTION_DAYS: '1' });
  await (await startWorker()).stop();
  expect(await outputs(owner)).toEqual(['g1 SUCCEEDED kept']);
});

test('GIVEN MAKEGOOD_OUTPUT_RETENTION_DAYS WHEN it is migrated, and a worker starts THEN what is older is erased', async () => {
  const own = await ownDatabase();
  const { db, owner, env } = own;
  const who = await account(own);
  await callerOf(who, { db, price: 1 }).reserve();
  await callerOf(who, { db, price: 1 }).settle();
  await pass(owner, 8);
  const { code, stdout } = await run(['migrate'], { env: { ...env, MAKEGOOD_OUTPUT_RETENTION_DAYS: '7' } });
  expect({ code, told: stdout.includes('what has ended is erased after 7 days') }).toEqual({ code: 0, told: true });
  const worker = await ownQueue(env).startWorker();
  await until('the output to expire', async () => (await outputs(owner))[0] === 'g1 SUCCEEDED erased');
  await worker.stop();
});

test.each(['0', '-3', '1.5', 'ever'])(
  'GIVEN a retention of "%s" WHEN it is migrated THEN one clear line, and nothing is done',
  async (days) => {
    const env = { ...stackEnv(), MAKEGOOD_OUTPUT_RETENTION_DAYS: days };
    const { code, stderr } = await run(['migrate'], { env });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `error: MAKEGOOD_OUTPUT_RETENTION_DAYS must be a whole number from 1 to 36500, not "${days}".\n`,
    });
  },
);
