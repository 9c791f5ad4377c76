import { callerOf, fundedAccount, moneyOf, newAccountId, withoutAMove } from '../harness/ledger';

test('GIVEN enough credits WHEN a generation reserves THEN its price is held', async () => {
  const account = await fundedAccount(10);
  expect(await callerOf(account).reserve()).toEqual({ outcome: 'reserved', amount: 3, balance: 7, held: 3 });
  expect(await moneyOf(account)).toEqual({
    balance: '7 + 3',
    entries: ['RESERVE -3 +3'],
    reservations: ['g1#1 RESERVED 3'],
    generations: ['g1 RESERVED'],
  });
});

test('GIVEN a reserved generation WHEN the same run asks again THEN it hears the same and nothing moves', async () => {
  const account = await fundedAccount(10);
  const answer = await callerOf(account).reserve();
  expect(await withoutAMove(account, () => callerOf(account).reserve())).toEqual(answer);
});

test('GIVEN a reserved generation WHEN the catalogue has another price since THEN what is held stays what it was', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  const again = await withoutAMove(account, () => callerOf(account, { price: 5 }).reserve());
  expect(again).toMatchObject({ outcome: 'reserved', amount: 3 });
});

test('GIVEN a hold WHEN another run reserves, of the same execution or not THEN not_newest, and nothing moves', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  for (const who of [{ run: 'r2' }, { execution: 't2', run: 'r3' }]) {
    expect(await withoutAMove(account, callerOf(account, who).reserve)).toEqual({ outcome: 'not_newest' });
  }
});

test.each([{ run: 'r2' }, { execution: 't2', run: 'r2' }])(
  'GIVEN a hold WHEN %j reserves, proven to be the newest THEN the hold passes to it',
  async (who) => {
    const account = await fundedAccount(10);
    const gone = callerOf(account);
    const heir = callerOf(account, { ...who, proven: true });
    await gone.reserve();
    const taken = await withoutAMove(account, heir.reserve);
    expect(taken).toEqual({ outcome: 'reserved', amount: 3, balance: 7, held: 3 });
    // The run that lost its hold can neither charge nor give back any more.
    expect(await withoutAMove(account, gone.settle)).toEqual({ outcome: 'closed' });
    expect(await withoutAMove(account, gone.refund)).toEqual({ outcome: 'not_newest' });
    // The ledger believes the holder: no proof is needed from here on.
    expect(await callerOf(account, who).settle()).toMatchObject({ outcome: 'settled', amount: 3 });
  },
);

test('GIVEN a generation WHEN another input, or another kind of work, comes under its id THEN conflict, and nothing moves', async () => {
  const account = await fundedAccount(10);
  const other = callerOf(account, { execution: 't2', run: 'r2', inputHash: 'another' });
  await callerOf(account).reserve();
  expect(await withoutAMove(account, other.reserve)).toEqual({ outcome: 'conflict' });
  await callerOf(account).refund();
  expect(await withoutAMove(account, other.reserve)).toEqual({ outcome: 'conflict' });
  const retry = callerOf(account, { execution: 't3', run: 'r3', after: 1 });
  await retry.reserve();
  await retry.settle();
  expect(await withoutAMove(account, other.reserve)).toEqual({ outcome: 'conflict' });
});

test('GIVEN a delivered generation WHEN anyone reserves it again THEN the stored draft is the answer, and nothing moves', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  await callerOf(account).settle({ subject: 'The first' });
  for (const who of [{}, { run: 'r2' }, { execution: 't2', run: 'r3' }]) {
    const answer = await withoutAMove(account, callerOf(account, who).reserve);
    expect(answer).toEqual({ outcome: 'delivered', output: { subject: 'The first' } });
  }
});

test('GIVEN too short a balance WHEN a generation reserves THEN insufficient, and nothing at all is written', async () => {
  const account = await fundedAccount(2);
  const answer = await withoutAMove(account, callerOf(account).reserve);
  expect(answer).toEqual({ outcome: 'insufficient', balance: 2, price: 3 });
});

test('GIVEN credits for one WHEN two generations reserve at once THEN exactly one holds', async () => {
  const account = await fundedAccount(3);
  const answers = await Promise.all(['a', 'b'].map((generation) => callerOf(account, { generation }).reserve()));
  expect(answers.map(({ outcome }) => outcome).sort()).toEqual(['insufficient', 'reserved']);
  expect((await moneyOf(account)).balance).toBe('0 + 3');
});

test('GIVEN a generation WHEN twenty ask at once to reserve it THEN it is held once', async () => {
  const account = await fundedAccount(10);
  const callers = Array.from({ length: 20 }, (_, index) =>
    callerOf(account, { execution: `t${index % 4}`, run: `r${index}` }),
  );
  const answers = await Promise.all(callers.map(({ reserve }) => reserve()));
  // The run that was first holds; the others are asked to show that they are the newest.
  const outcomes = answers.map(({ outcome }) => outcome);
  expect(new Set(outcomes)).toEqual(new Set(['reserved', 'not_newest']));
  expect(await moneyOf(account)).toMatchObject({ balance: '7 + 3', entries: ['RESERVE -3 +3'] });
});

test('GIVEN a refunded generation WHEN a retry that has seen the refund reserves THEN it is a second reservation with the next ordinal', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  await callerOf(account).refund();
  const retry = callerOf(account, { execution: 't2', run: 'r2', price: 4, after: 1 });
  expect(await retry.reserve()).toEqual({ outcome: 'reserved', amount: 4, balance: 6, held: 4 });
  expect(await moneyOf(account)).toMatchObject({
    entries: ['RESERVE -3 +3', 'REFUND +3 -3 PROVIDER_UNAVAILABLE', 'RESERVE -4 +4'],
    reservations: ['g1#1 REFUNDED 3', 'g1#2 RESERVED 4'],
    generations: ['g1 RESERVED'],
  });
  // The new refund finds the new hold.
  expect(await retry.refund()).toMatchObject({ outcome: 'refunded', amount: 4 });
});

test('GIVEN a refunded generation WHEN a new execution that does not know of the refund reserves THEN closed, and nothing moves', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  await callerOf(account).refund();
  for (const after of [0, 2]) {
    const start = callerOf(account, { execution: 't2', run: 'r2', after });
    expect(await withoutAMove(account, start.reserve)).toEqual({ outcome: 'closed' });
  }
});

test('GIVEN a refund WHEN two retries after it reserve, one after the other has failed, THEN it is charged again once', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  await callerOf(account).refund();
  const retry = callerOf(account, { execution: 't2', run: 'r2', after: 1 });
  await retry.reserve();
  await retry.refund();
  const late = callerOf(account, { execution: 't3', run: 'r3', after: 1 });
  expect(await withoutAMove(account, late.reserve)).toEqual({ outcome: 'closed' });
});

test('GIVEN a run that has refunded WHEN its reserve arrives late THEN closed, whatever the state, proven or not', async () => {
  const account = await fundedAccount(10);
  const late = [callerOf(account), callerOf(account, { proven: true })];
  const allClosed = async () => {
    for (const { reserve } of late) expect(await withoutAMove(account, reserve)).toEqual({ outcome: 'closed' });
  };
  // The refund overtakes the reserve: nothing is held yet.
  expect(await callerOf(account).refund()).toEqual({ outcome: 'nothing_held' });
  await allClosed();
  const other = callerOf(account, { execution: 't2', run: 'r2' });
  await other.reserve();
  await allClosed();
  await other.refund();
  await allClosed();
});

test('GIVEN a refund WHEN a reset begins a new run of the execution THEN that one may reserve, once proven', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  await callerOf(account).refund();
  const unproven = callerOf(account, { run: 'r2' });
  expect(await withoutAMove(account, unproven.reserve)).toEqual({ outcome: 'not_newest' });
  const proven = callerOf(account, { run: 'r2', proven: true });
  expect(await proven.reserve()).toMatchObject({ outcome: 'reserved', balance: 7 });
});

test('GIVEN a refund, and the credits spent elsewhere WHEN a reset or a retry reserves THEN insufficient', async () => {
  const account = await fundedAccount(3);
  await callerOf(account).reserve();
  await callerOf(account).refund();
  await callerOf(account, { generation: 'g2', price: 2 }).reserve();
  for (const who of [
    { run: 'r2', proven: true },
    { execution: 't2', run: 'r3', after: 1 },
  ]) {
    const answer = await withoutAMove(account, callerOf(account, who).reserve);
    expect(answer).toEqual({ outcome: 'insufficient', balance: 1, price: 3 });
  }
});

test('GIVEN work that costs nothing WHEN it is reserved, settled or refunded THEN it goes the same way with zeros', async () => {
  const account = await fundedAccount(1);
  const free = callerOf(account, { price: 0 });
  expect(await free.reserve()).toEqual({ outcome: 'reserved', amount: 0, balance: 1, held: 0 });
  expect(await free.settle()).toMatchObject({ outcome: 'settled', amount: 0 });
  const failing = callerOf(account, { generation: 'g2', price: 0 });
  await failing.reserve();
  expect(await failing.refund()).toMatchObject({ outcome: 'refunded', amount: 0 });
  expect(await moneyOf(account)).toMatchObject({
    balance: '1 + 0',
    entries: ['RESERVE +0 +0', 'SETTLE +0 +0', 'RESERVE +0 +0', 'REFUND +0 +0 PROVIDER_UNAVAILABLE'],
    generations: ['g1 SUCCEEDED Hello', 'g2 REFUNDED'],
  });
});

test('GIVEN no such account WHEN a generation reserves THEN unknown_account, and no account appears', async () => {
  const account = newAccountId();
  expect(await callerOf(account).reserve()).toEqual({ outcome: 'unknown_account' });
  expect((await moneyOf(account)).balance).toBeUndefined();
});
