import { callerOf, fundedAccount, moneyOf, newAccountId, withoutAMove } from './fixture';

test('GIVEN a hold of this try WHEN it settles THEN the hold is charged and the draft stored, at once', async () => {
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

test('GIVEN a hold of another try WHEN this one settles THEN closed', async () => {
  const account = await fundedAccount(10);
  await callerOf(account, { execution: 't2' }).reserve();
  expect(await withoutAMove(account, callerOf(account).settle)).toEqual({ outcome: 'closed' });
});

test('GIVEN a run that has refunded WHEN its success arrives late THEN it is discarded, not charged', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  await callerOf(account).refund();
  expect(await withoutAMove(account, callerOf(account).settle)).toEqual({ outcome: 'closed' });
  // Also when a reset of the same try holds anew: the hold is the new run's.
  await callerOf(account, { run: 'r2' }).reserve();
  expect(await withoutAMove(account, callerOf(account).settle)).toEqual({ outcome: 'closed' });
});

test('GIVEN a generation refunded by one try WHEN another try settles without reserving THEN closed', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  await callerOf(account).refund();
  expect(await withoutAMove(account, callerOf(account, { execution: 't2', run: 'r2' }).settle)).toEqual({
    outcome: 'closed',
  });
});

test('GIVEN a reset after the refund WHEN the new run delivers THEN it is charged once more, with the draft', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  await callerOf(account).refund();
  const reset = callerOf(account, { run: 'r2' });
  expect(await reset.settle({ subject: 'After all' })).toMatchObject({ outcome: 'settled', amount: 3 });
  expect(await moneyOf(account)).toEqual({
    balance: '7 + 0',
    entries: ['RESERVE -3 +3', 'REFUND +3 -3 PROVIDER_UNAVAILABLE', 'RESERVE -3 +3', 'SETTLE +0 -3'],
    reservations: ['g1#1 REFUNDED 3', 'g1#2 SETTLED 3'],
    generations: ['g1 SUCCEEDED After all'],
  });
  expect(await withoutAMove(account, () => reset.settle({ subject: 'Again' }))).toMatchObject({ outcome: 'delivered' });
});

test('GIVEN a reset after the refund WHEN the balance is short by then THEN no draft and no charge', async () => {
  const account = await fundedAccount(5);
  await callerOf(account).reserve();
  await callerOf(account).refund();
  await callerOf(account, { generation: 'g2', price: 4 }).reserve();
  const answer = await withoutAMove(account, callerOf(account, { run: 'r2' }).settle);
  expect(answer).toEqual({ outcome: 'insufficient', balance: 1, price: 3 });
});

test('GIVEN a try closed as a whole WHEN any run of it settles THEN closed', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  await callerOf(account, { run: '*' }).refund('WORKFLOW_LOST');
  for (const run of ['r1', 'r2']) {
    expect(await withoutAMove(account, callerOf(account, { run }).settle)).toEqual({ outcome: 'closed' });
  }
});
