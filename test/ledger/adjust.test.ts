import { adjust, grant } from '../../ledger/credits';
import { callerOf, fundedAccount, moneyOf, newAccountId, operatorLedger, withoutAMove } from '../harness/ledger';

const WHY = 'A correction.';

test('GIVEN an account WHEN it is adjusted up and down THEN the balance follows', async () => {
  const account = await fundedAccount(10);
  expect(await adjust(operatorLedger(), account, 5, 'up', WHY)).toEqual({
    ...{ outcome: 'adjusted', amount: 5, balance: 15, held: 0 },
  });
  expect(await adjust(operatorLedger(), account, -12, 'down', WHY)).toMatchObject({ outcome: 'adjusted', balance: 3 });
  expect(await moneyOf(account)).toMatchObject({ balance: '3 + 0', entries: ['ADJUST +5 +0', 'ADJUST -12 +0'] });
});

test('GIVEN an adjustment WHEN its key comes again THEN nothing moves, and another amount is a conflict', async () => {
  const account = await fundedAccount(10);
  const first = await adjust(operatorLedger(), account, -2, 'k', WHY);
  expect(await withoutAMove(account, () => adjust(operatorLedger(), account, -2, 'k', WHY))).toEqual(first);
  const other = await withoutAMove(account, () => adjust(operatorLedger(), account, -3, 'k', WHY));
  expect(other).toMatchObject({ outcome: 'conflict', amount: -2 });
});

test('GIVEN a key of a grant WHEN an adjustment names it, or the other way round THEN conflict', async () => {
  const account = await fundedAccount(10);
  await grant(operatorLedger(), account, 1, 'granted', null);
  await adjust(operatorLedger(), account, 1, 'adjusted', WHY);
  const adjusted = await withoutAMove(account, () => adjust(operatorLedger(), account, 1, 'granted', WHY));
  const granted = await withoutAMove(account, () => grant(operatorLedger(), account, 1, 'adjusted', null));
  expect([adjusted.outcome, granted.outcome]).toEqual(['conflict', 'conflict']);
});

test('GIVEN credits that are held WHEN more than the balance is taken THEN insufficient: what is held stays held', async () => {
  const account = await fundedAccount(5);
  await callerOf(account).reserve();
  const answer = await withoutAMove(account, () => adjust(operatorLedger(), account, -3, 'k', WHY));
  expect(answer).toEqual({ outcome: 'insufficient', balance: 2, price: 3 });
});

test('GIVEN no such account WHEN it is adjusted THEN unknown_account, and no account appears', async () => {
  const account = newAccountId();
  expect(await adjust(operatorLedger(), account, 5, 'k', WHY)).toEqual({ outcome: 'unknown_account' });
  expect((await moneyOf(account)).balance).toBeUndefined();
});
