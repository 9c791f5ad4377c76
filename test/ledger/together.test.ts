import type { Database } from '../../ledger/database';
import { LedgerRefusal } from '../../ledger/failures';
import type { AccountId } from '../../ledger/ids';
import { ownerSql } from '../harness';
import { callerOf, fundedAccount, ledger, moneyOf, openLedger } from '../harness/ledger';
import { assertInvariants, type Snapshot, snapshotOf } from './invariants';

// Moves that arrive while a statement is under way go together in the next one (ledger/moves.ts).

const names = (count: number) => Array.from({ length: count }, (_, index) => `g${index}`);
const reserveOf = (account: AccountId, generation: string, price = 1, db?: Database) =>
  callerOf(account, { generation, price, ...(db ? { db } : {}) }).reserve();

async function expectSound(account: AccountId): Promise<void> {
  assertInvariants((await snapshotOf(account)) as Snapshot);
}

test.each([
  ['a price below zero', { generation: 'bad', price: -1 }],
  ['a generation id that is none', { generation: 'a b', price: 1 }],
  ['a namespace that nobody sweeps', { generation: 'bad', namespace: '22222222-2222-4222-8222-222222222222' }],
])('GIVEN %s among fifty moves WHEN they go together THEN it alone is refused', async (_, wrong) => {
  const account = await fundedAccount(100);
  const before = names(25).map((generation) => reserveOf(account, generation));
  const bad = expect(callerOf(account, wrong).reserve()).rejects.toThrow(LedgerRefusal);
  const after = names(50)
    .slice(25)
    .map((generation) => reserveOf(account, generation));
  for (const answer of await Promise.all([...before, ...after])) expect(answer).toMatchObject({ outcome: 'reserved' });
  await bad;
  expect((await moneyOf(account)).balance).toBe('50 + 50');
  await expectSound(account);
});

test('GIVEN a charge above what is held among others WHEN they go together THEN it alone is refused', async () => {
  const account = await fundedAccount(100);
  await Promise.all(names(20).map((generation) => reserveOf(account, generation, 2)));
  const settled = await Promise.allSettled(
    names(20).map((generation, index) => callerOf(account, { generation }).settle({}, index === 7 ? 3 : index % 3)),
  );
  expect(settled.map(({ status }) => status).filter((status) => status === 'rejected')).toHaveLength(1);
  expect(settled[7]).toMatchObject({ status: 'rejected', reason: expect.any(LedgerRefusal) });
  // Seven have cost nothing, six 1 and six 2; what was refused still holds 2.
  expect((await moneyOf(account)).balance).toBe('80 + 2');
  await expectSound(account);
});

test('GIVEN less than all would cost WHEN they reserve at once THEN as many hold as the balance affords', async () => {
  const account = await fundedAccount(10);
  const answers = await Promise.all(names(20).map((generation) => reserveOf(account, generation, 3)));
  expect(answers.filter(({ outcome }) => outcome === 'reserved')).toHaveLength(3);
  expect(answers.filter(({ outcome }) => outcome === 'insufficient')).toHaveLength(17);
  await expectSound(account);
});

test('GIVEN every move of a generation at once, again and again WHEN they go together THEN one charge or one refund', async () => {
  const account = await fundedAccount(100);
  const answers = await Promise.all(
    names(20).flatMap((generation) => {
      const { reserve, settle, refund } = callerOf(account, { generation, price: 1 });
      return [reserve(), settle(), reserve(), refund(), settle()];
    }),
  );
  expect(answers).toHaveLength(100);
  const { generations } = await moneyOf(account);
  expect(generations).toHaveLength(20);
  await expectSound(account);
});

test('GIVEN an account that somebody keeps locked WHEN others move beside it THEN they are answered while it waits', async () => {
  const [locked, ...others] = await Promise.all([1, 2, 3, 4].map(() => fundedAccount(10)));
  const holder = await ownerSql().connect();
  try {
    await holder.query('BEGIN');
    await holder.query('SELECT FROM account WHERE id = $1 FOR UPDATE', [locked]);
    let answered = false;
    const waiting = reserveOf(locked as AccountId, 'g1').finally(() => {
      answered = true;
    });
    const moves = others.flatMap((account) => names(5).map((generation) => reserveOf(account, generation)));
    for (const answer of await Promise.all(moves)) expect(answer).toMatchObject({ outcome: 'reserved' });
    expect(answered).toBe(false);
    await holder.query('ROLLBACK');
    expect(await waiting).toMatchObject({ outcome: 'reserved' });
  } finally {
    holder.release(true);
  }
});

test('GIVEN two processes on one account, without a pause WHEN one has made 500 moves THEN the other has had its share', async () => {
  const account = await fundedAccount(10_000);
  const made = [0, 0];
  const process = async (index: number, db: Database) => {
    const lane = async (name: string) => {
      for (let n = 0; Math.max(...made) < 500; n++) {
        expect(await reserveOf(account, `${name}-${n}`, 1, db)).toMatchObject({ outcome: 'reserved' });
        made[index] = (made[index] as number) + 1;
      }
    };
    await Promise.all(names(10).map((name) => lane(`p${index}-${name}`)));
  };
  await Promise.all([process(0, ledger()), process(1, openLedger())]);
  // A tenth of it: nobody is kept waiting for good, whatever else the machine does.
  expect(Math.min(...made)).toBeGreaterThan(50);
  await expectSound(account);
});
