import { LedgerRefusal } from '../../ledger/failures';
import { callerOf, fundedAccount, moneyOf, newAccountId, withoutAMove } from '../harness/ledger';

test('GIVEN a hold of this run WHEN it settles THEN the hold is charged and the draft stored, at once', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  const settled = await callerOf(account).settle({ subject: 'Hi' });
  expect(settled).toEqual({ outcome: 'settled', amount: 3, output: { subject: 'Hi' } });
  expect(await moneyOf(account)).toEqual({
    balance: '7 + 0',
    entries: ['RESERVE -3 +3', 'SETTLE +0 -3'],
    reservations: ['g1#1 SETTLED 3'],
    generations: ['g1 SUCCEEDED Hi'],
  });
});

test('GIVEN a delivered generation WHEN it is settled again, by anyone THEN the first draft stands', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  await callerOf(account).settle({ subject: 'The first' });
  for (const who of [{}, { run: 'r2' }, { execution: 't2', run: 'r3' }]) {
    const answer = await withoutAMove(account, () => callerOf(account, who).settle({ subject: 'The second' }));
    expect(answer).toEqual({ outcome: 'delivered', output: { subject: 'The first' } });
  }
});

test('GIVEN a hold WHEN twenty settle at once, each with its own draft THEN one is charged and all hear its draft', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  const drafts = Array.from({ length: 20 }, (_, index) => ({ subject: `Draft ${index}` }));
  const answers = await Promise.all(drafts.map((draft) => callerOf(account).settle(draft)));
  expect(answers.filter(({ outcome }) => outcome === 'settled')).toHaveLength(1);
  expect(new Set(answers.map((answer) => 'output' in answer && JSON.stringify(answer.output))).size).toBe(1);
  expect(await moneyOf(account)).toMatchObject({ balance: '7 + 0', entries: ['RESERVE -3 +3', 'SETTLE +0 -3'] });
});

test('GIVEN nothing ever reserved WHEN it is settled THEN closed: nothing is charged that was not held', async () => {
  const account = await fundedAccount(10);
  expect(await withoutAMove(account, callerOf(account).settle)).toEqual({ outcome: 'closed' });
  expect(await callerOf(newAccountId()).settle()).toEqual({ outcome: 'closed' });
});

test('GIVEN a hold of another run WHEN this one settles, of the same execution or not THEN closed', async () => {
  const account = await fundedAccount(10);
  await callerOf(account, { run: 'r2' }).reserve();
  for (const who of [{}, { execution: 't2', run: 'r3' }]) {
    expect(await withoutAMove(account, callerOf(account, who).settle)).toEqual({ outcome: 'closed' });
  }
});

test('GIVEN a hold WHEN the work did cost less THEN that is charged, and the rest comes back in the same entry', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  expect(await callerOf(account).settle({ subject: 'Hi' }, 1)).toMatchObject({ outcome: 'settled', amount: 1 });
  expect(await moneyOf(account)).toEqual({
    balance: '9 + 0',
    entries: ['RESERVE -3 +3', 'SETTLE +2 -3'],
    reservations: ['g1#1 SETTLED 3'],
    generations: ['g1 SUCCEEDED Hi'],
  });
});

test('GIVEN a hold WHEN the work did cost nothing THEN it is delivered, and all comes back', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  expect(await callerOf(account).settle({ subject: 'Hi' }, 0)).toMatchObject({ outcome: 'settled', amount: 0 });
  expect(await moneyOf(account)).toMatchObject({ balance: '10 + 0', generations: ['g1 SUCCEEDED Hi'] });
});

test('GIVEN a hold WHEN more than it is to be charged THEN it is refused, and the hold stays', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  const tooMuch = callerOf(account).settle({ subject: 'Hi' }, 4);
  await withoutAMove(account, () => expect(tooMuch).rejects.toThrow(LedgerRefusal));
  expect(await callerOf(account).settle()).toMatchObject({ outcome: 'settled', amount: 3 });
});

test('GIVEN a run that has refunded WHEN its success arrives late THEN it is discarded, not charged', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  await callerOf(account).refund();
  expect(await withoutAMove(account, callerOf(account).settle)).toEqual({ outcome: 'closed' });
  // Also when a reset of the same execution holds anew: the hold is the new run's.
  await callerOf(account, { run: 'r2', proven: true }).reserve();
  expect(await withoutAMove(account, callerOf(account).settle)).toEqual({ outcome: 'closed' });
});

test('GIVEN a refund WHEN any other run settles without a hold of its own THEN closed: settling opens nothing', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  await callerOf(account).refund();
  for (const who of [{ run: 'r2' }, { execution: 't2', run: 'r3' }]) {
    expect(await withoutAMove(account, callerOf(account, who).settle)).toEqual({ outcome: 'closed' });
  }
});

test('GIVEN a reset after the refund WHEN the new run reserves, proven, and settles THEN it is charged, with the draft', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  await callerOf(account).refund();
  const reset = callerOf(account, { run: 'r2', proven: true });
  await reset.reserve();
  expect(await reset.settle({ subject: 'After all' })).toMatchObject({ outcome: 'settled', amount: 3 });
  expect(await moneyOf(account)).toEqual({
    balance: '7 + 0',
    entries: ['RESERVE -3 +3', 'REFUND +3 -3 PROVIDER_UNAVAILABLE', 'RESERVE -3 +3', 'SETTLE +0 -3'],
    reservations: ['g1#1 REFUNDED 3', 'g1#2 SETTLED 3'],
    generations: ['g1 SUCCEEDED After all'],
  });
  expect(await withoutAMove(account, () => reset.settle({ subject: 'Again' }))).toMatchObject({ outcome: 'delivered' });
});
