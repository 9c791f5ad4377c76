import { grant } from '../../ledger/credits';
import { moneyOf, newAccountId, operatorLedger, withoutAMove } from '../harness/ledger';

test('GIVEN no account WHEN credits are granted THEN it exists with them', async () => {
  const account = newAccountId();
  const granted = await grant(operatorLedger(), account, 5, 'k1', 'Welcome');
  expect(granted).toEqual({ outcome: 'granted', amount: 5, balance: 5, held: 0 });
  expect((await moneyOf(account)).balance).toBe('5 + 0');
});

test('GIVEN a grant WHEN the same key comes again with the same amount THEN nothing moves', async () => {
  const account = newAccountId();
  await grant(operatorLedger(), account, 5, 'k1', null);
  const again = await withoutAMove(account, () => grant(operatorLedger(), account, 5, 'k1', null));
  expect(again).toEqual({ outcome: 'granted', amount: 5, balance: 5, held: 0 });
});

test('GIVEN a grant WHEN the same key comes with another amount THEN conflict, and nothing moves', async () => {
  const account = newAccountId();
  await grant(operatorLedger(), account, 5, 'k1', null);
  const again = await withoutAMove(account, () => grant(operatorLedger(), account, 6, 'k1', null));
  expect(again).toEqual({ outcome: 'conflict', amount: 5, balance: 5, held: 0 });
});

test('GIVEN a grant WHEN another key, or another account with the same key, comes THEN it is a grant of its own', async () => {
  const [account, other] = [newAccountId(), newAccountId()];
  await grant(operatorLedger(), account, 5, 'k1', null);
  expect(await grant(operatorLedger(), account, 5, 'k2', null)).toMatchObject({ outcome: 'granted', balance: 10 });
  expect(await grant(operatorLedger(), other, 5, 'k1', null)).toMatchObject({ outcome: 'granted', balance: 5 });
});

test('GIVEN a new account WHEN twenty grants of two keys come at once THEN each key grants once', async () => {
  const account = newAccountId();
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => grant(operatorLedger(), account, 5, `k${index % 2}`, null)),
  );
  expect(answers.every(({ outcome }) => outcome === 'granted')).toBe(true);
  expect((await moneyOf(account)).balance).toBe('10 + 0');
});
