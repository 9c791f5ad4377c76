import type { AccountId } from '../../ledger/ids';
import { ownerSql } from '../harness';
import { callerOf, fundedAccount, moneyOf } from '../harness/ledger';

// What the database itself forbids, to the owner of the tables too: a fault in our functions ends as an error, not as
// wrong money.

const RESTRICT = /^23001$/;
const UNIQUE = /^23505$/;
const CHECK = /^23514$/;

async function expectRefused(sqlState: RegExp, sql: string, account: AccountId): Promise<void> {
  const before = await moneyOf(account);
  await expect(ownerSql().query(sql.replaceAll('$account', `'${account}'`))).rejects.toMatchObject({
    code: expect.stringMatching(sqlState),
  });
  expect(await moneyOf(account)).toEqual(before);
}

const secondHold = (state: 'RESERVED' | 'SETTLED') =>
  `INSERT INTO reservation (account_id, generation_id, ordinal, execution_id, holder_run, amount, state, namespace,
                            reserve_seq, reserved_at, cost, close_seq, closed_at)
     VALUES ($account, 'g1', 2, 't2', 'r2', 3, '${state}', gen_random_uuid(), 98, now(),
             ${state === 'RESERVED' ? 'NULL, NULL, NULL' : '3, 99, now()'})`;

test('GIVEN a generation that holds, or has paid WHEN the owner adds a second hold or charge THEN it is refused', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  await expectRefused(UNIQUE, secondHold('RESERVED'), account);
  await expectRefused(UNIQUE, secondHold('SETTLED'), account);
  await callerOf(account).settle();
  await expectRefused(UNIQUE, secondHold('RESERVED'), account);
  await expectRefused(UNIQUE, secondHold('SETTLED'), account);
});

test('GIVEN a refunded hold beside an open one WHEN the owner opens it again THEN it is refused', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  await callerOf(account).refund();
  await callerOf(account, { execution: 't2', run: 'r2', after: 1 }).reserve();
  const reopen = `UPDATE reservation SET state = 'RESERVED', reason = NULL, message = NULL, refunded_by = NULL, close_seq = NULL, closed_at = NULL
                   WHERE account_id = $account AND ordinal = 1`;
  await expectRefused(UNIQUE, reopen, account);
});

test('GIVEN entries WHEN the owner alters or removes them THEN it is refused', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  await expectRefused(RESTRICT, `UPDATE ledger_entry SET message = 'x' WHERE account_id = $account`, account);
  await expectRefused(RESTRICT, 'DELETE FROM ledger_entry WHERE account_id = $account', account);
  await expectRefused(RESTRICT, 'TRUNCATE ledger_entry', account);
  await expectRefused(RESTRICT, 'TRUNCATE account CASCADE', account);
});

test('GIVEN entries WHEN the owner removes what they tell of THEN it is refused', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  for (const table of ['reservation', 'generation']) {
    await expectRefused(RESTRICT, `DELETE FROM ${table} WHERE account_id = $account`, account);
    await expectRefused(RESTRICT, `TRUNCATE ${table} CASCADE`, account);
  }
  await expectRefused(RESTRICT, 'DELETE FROM account WHERE id = $account', account);
});

/** [what is wrong, kind, balance_delta, held_delta]. The hold of g1 is of 3. */
const WRONG_SIGNS: [string, string, number, number][] = [
  ['a grant of nothing', 'GRANT', 0, 0],
  ['a grant that takes', 'GRANT', -1, 0],
  ['a grant that holds', 'GRANT', 1, 1],
  ['a reserve that gives', 'RESERVE', 1, -1],
  ['a reserve that holds less than it takes', 'RESERVE', -2, 1],
  ['a settle that gives back more than it frees', 'SETTLE', 4, -3],
  ['a settle that takes more than was held', 'SETTLE', -1, -3],
  ['an adjustment of nothing', 'ADJUST', 0, 0],
  ['an adjustment that holds', 'ADJUST', 1, 1],
  ['a settle that holds more', 'SETTLE', 0, 1],
  ['a refund that takes', 'REFUND', -1, 1],
  ['a refund of more than it frees', 'REFUND', 4, -3],
];

/** `more`: generation, ordinal, idempotency key, reason and message. */
const entryOf = (seq: number, kind: string, balanceDelta: number, heldDelta: number, more: string) =>
  `INSERT INTO ledger_entry (account_id, seq, at, kind, balance_delta, held_delta, balance_after, content, hash,
                             generation_id, ordinal, idempotency_key, reason, message)
     VALUES ($account, ${seq}, now(), '${kind}', ${balanceDelta}, ${heldDelta}, 7, sha256(''), sha256(''), ${more})`;

test.each(WRONG_SIGNS)(
  'GIVEN %s WHEN the owner writes it THEN it is refused',
  async (_, kind, balanceDelta, heldDelta) => {
    const account = await fundedAccount(10);
    await callerOf(account).reserve();
    const credit = kind === 'GRANT' || kind === 'ADJUST';
    const reason = kind === 'REFUND' ? `'X', 'x'` : 'NULL, NULL';
    const entry = entryOf(
      99,
      kind,
      balanceDelta,
      heldDelta,
      `${credit ? "NULL, NULL, 'k'" : "'g1', 1, NULL"}, ${reason}`,
    );
    await expectRefused(CHECK, entry, account);
  },
);

test('GIVEN a grant WHEN the owner grants under its key again THEN it is refused', async () => {
  const account = await fundedAccount(10);
  await expectRefused(UNIQUE, entryOf(99, 'GRANT', 5, 0, "NULL, NULL, 'first', NULL, NULL"), account);
});

test('GIVEN an account WHEN the owner makes it negative, or its entries fork THEN it is refused', async () => {
  const account = await fundedAccount(10);
  await expectRefused(CHECK, 'UPDATE account SET balance = -1 WHERE id = $account', account);
  await expectRefused(CHECK, 'UPDATE account SET held = -1 WHERE id = $account', account);
  const sameSeq = entryOf(1, 'GRANT', 5, 0, "NULL, NULL, 'another', NULL, NULL");
  await expectRefused(UNIQUE, sameSeq, account);
});

test('GIVEN a generation WHEN the owner delivers without a draft, or keeps a draft unpaid THEN it is refused', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  await expectRefused(CHECK, `UPDATE generation SET status = 'SUCCEEDED' WHERE account_id = $account`, account);
  await expectRefused(CHECK, `UPDATE generation SET output = '{}' WHERE account_id = $account`, account);
});
