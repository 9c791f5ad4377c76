import { MAX_AMOUNT } from '../../ledger/amounts';
import { grant } from '../../ledger/credits';
import { LedgerRefusal } from '../../ledger/failures';
import type { AccountId } from '../../ledger/ids';
import { ownerSql } from '../harness';
import { callerOf, fundedAccount, moneyOf, newAccountId, operatorLedger, withoutAMove } from '../harness/ledger';

// What Postgres will never take is told apart from what may be asked again: a call that fails with LedgerRefusal is
// never repeated, and has written nothing.

const NOT_AMOUNTS = [
  -1,
  -1_000_000,
  0.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  1e12 + 1,
  Number.MAX_SAFE_INTEGER,
  1e21,
  2 ** 63,
];

test.each(NOT_AMOUNTS)(
  'GIVEN the amount %p WHEN it is reserved or granted THEN it is refused, and nothing is written',
  async (amount) => {
    const account = await fundedAccount(10);
    await withoutAMove(account, async () => {
      await expect(callerOf(account, { price: amount }).reserve()).rejects.toThrow(LedgerRefusal);
      await expect(grant(operatorLedger(), account, amount, 'k', null)).rejects.toThrow(LedgerRefusal);
    });
    // Nor is an account left behind by a grant that was refused.
    const nobody = newAccountId();
    await expect(grant(operatorLedger(), nobody, amount, 'k', null)).rejects.toThrow(LedgerRefusal);
    expect((await moneyOf(nobody)).balance).toBeUndefined();
  },
);

test('GIVEN an amount of 0 WHEN it is granted THEN it is refused: a grant gives something', async () => {
  const account = await fundedAccount(10);
  await withoutAMove(account, () =>
    expect(grant(operatorLedger(), account, 0, 'k', null)).rejects.toThrow(LedgerRefusal),
  );
});

test('GIVEN the largest price there can be WHEN it is reserved THEN insufficient, not an overflow', async () => {
  const account = await fundedAccount(10);
  const answer = await withoutAMove(account, callerOf(account, { price: MAX_AMOUNT }).reserve);
  expect(answer).toEqual({ outcome: 'insufficient', balance: 10, price: MAX_AMOUNT });
});

test('GIVEN an account at the largest sum that JSON keeps exactly WHEN one more credit comes THEN it is refused', async () => {
  const account = await fundedAccount(MAX_AMOUNT);
  // Nine thousand grants of a trillion, in one statement.
  await ownerSql().query(
    "SELECT grant_credits($1, least($2, $3 - n * $2), 'more-' || n, NULL) FROM generate_series(1, $3::bigint / $2::bigint) AS n",
    [account, MAX_AMOUNT, Number.MAX_SAFE_INTEGER],
  );
  // What is held counts as well: it may come back.
  await callerOf(account).reserve();
  await withoutAMove(account, () =>
    expect(grant(operatorLedger(), account, 1, 'k', null)).rejects.toThrow(LedgerRefusal),
  );
  expect(await callerOf(account).refund()).toMatchObject({ outcome: 'refunded', amount: 3 });
});

test.each([
  ['a NUL character', { subject: 'a\0b' }],
  ['half a surrogate pair', { subject: '\ud800' }],
])(
  'GIVEN a draft with %s WHEN it is settled THEN it is refused, the hold stays, and can be refunded',
  async (_, draft) => {
    const account = await fundedAccount(10);
    await callerOf(account).reserve();
    await withoutAMove(account, () => expect(callerOf(account).settle(draft)).rejects.toThrow(LedgerRefusal));
    expect(await callerOf(account).refund('OUTPUT_NOT_STORED')).toMatchObject({ outcome: 'refunded', amount: 3 });
  },
);

test.each([null, 'Hello', 7, true, [], [{}]])(
  'GIVEN %j, which is no draft WHEN it is settled THEN it is refused: nobody pays for nothing',
  async (draft) => {
    const account = await fundedAccount(10);
    await callerOf(account).reserve();
    await withoutAMove(account, () => expect(callerOf(account).settle(draft)).rejects.toThrow(LedgerRefusal));
    expect(await callerOf(account).refund('OUTPUT_NOT_STORED')).toMatchObject({ outcome: 'refunded', amount: 3 });
  },
);

test.each(['', ' ', 'a b', '-a', 'a/b', 'ä', 'a\0', 'a'.repeat(65)])(
  'GIVEN the account id %p WHEN credits are granted THEN it is refused',
  async (account) => {
    await expect(grant(operatorLedger(), account as AccountId, 5, 'k', null)).rejects.toThrow(LedgerRefusal);
  },
);

test.each(['', 'a b', 'a/b', 'a\0', 'a'.repeat(129)])(
  'GIVEN the generation id %p WHEN it is reserved THEN it is refused, and nothing is written',
  async (generation) => {
    const account = await fundedAccount(10);
    await withoutAMove(account, () =>
      expect(callerOf(account, { generation }).reserve()).rejects.toThrow(LedgerRefusal),
    );
  },
);
