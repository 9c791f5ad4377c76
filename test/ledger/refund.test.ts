import { callerOf, fundedAccount, moneyOf, newAccountId, withoutAMove } from '../harness/ledger';

test('GIVEN a hold of this run WHEN it refunds THEN all that is held comes back, with the reason', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  const given = await callerOf(account).refund('PROVIDER_REFUSED');
  expect(given).toEqual({ outcome: 'refunded', amount: 3, reason: 'PROVIDER_REFUSED' });
  expect(await moneyOf(account)).toEqual({
    balance: '10 + 0',
    entries: ['RESERVE -3 +3', 'REFUND +3 -3 PROVIDER_REFUSED'],
    reservations: ['g1#1 REFUNDED 3'],
    generations: ['g1 REFUNDED'],
  });
});

test('GIVEN a refund whose answer was lost WHEN it is asked again THEN the same answer, and nothing moves', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  const given = await callerOf(account).refund('PROVIDER_REFUSED');
  expect(await withoutAMove(account, () => callerOf(account).refund('CANCELLED'))).toEqual(given);
});

test('GIVEN a refund that found nothing to give WHEN it is asked again THEN the same answer', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  await callerOf(account).refund();
  // A reset after the refund has failed too: nothing moves, however often it asks.
  expect(await withoutAMove(account, callerOf(account, { run: 'r2' }).refund)).toEqual({ outcome: 'not_newest' });
  const reset = callerOf(account, { run: 'r2', proven: true });
  expect(await withoutAMove(account, reset.refund)).toEqual({ outcome: 'nothing_held' });
  expect(await withoutAMove(account, reset.refund)).toEqual({ outcome: 'nothing_held' });
});

test('GIVEN a hold WHEN twenty refund it at once, from several runs, proven or not THEN it comes back once', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  const callers = Array.from({ length: 20 }, (_, i) => callerOf(account, { run: `r${i % 5}`, proven: i % 2 === 0 }));
  const answers = await Promise.all(callers.map(({ refund }) => refund()));
  expect(answers.some(({ outcome }) => outcome === 'refunded')).toBe(true);
  expect(await moneyOf(account)).toMatchObject({
    balance: '10 + 0',
    entries: ['RESERVE -3 +3', 'REFUND +3 -3 PROVIDER_UNAVAILABLE'],
  });
});

test('GIVEN a settle and a refund at once THEN one of them wins whole', async () => {
  for (let round = 0; round < 20; round++) {
    const account = await fundedAccount(10);
    await callerOf(account).reserve();
    const [settled, refunded] = await Promise.all([callerOf(account).settle(), callerOf(account).refund()]);
    const { balance, generations } = await moneyOf(account);
    if (settled.outcome === 'settled') {
      expect([refunded.outcome, balance, generations]).toEqual(['delivered', '7 + 0', ['g1 SUCCEEDED Hello']]);
    } else {
      expect([settled.outcome, refunded.outcome, balance]).toEqual(['closed', 'refunded', '10 + 0']);
    }
  }
});

test('GIVEN a delivered generation WHEN a refund comes THEN delivered: work that succeeded is never clawed back', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  await callerOf(account).settle({ subject: 'Hi' });
  for (const who of [{}, { run: 'r2' }, { execution: 't2', run: 'r3', proven: true }]) {
    const answer = await withoutAMove(account, callerOf(account, who).refund);
    expect(answer).toEqual({ outcome: 'delivered', output: { subject: 'Hi' } });
  }
});

test('GIVEN a hold of another run WHEN this one refunds THEN not_newest, until it is proven', async () => {
  const account = await fundedAccount(10);
  await callerOf(account, { execution: 't2', run: 'r2' }).reserve();
  expect(await withoutAMove(account, callerOf(account).refund)).toEqual({ outcome: 'not_newest' });
  expect(await callerOf(account, { proven: true }).refund()).toMatchObject({ outcome: 'refunded', amount: 3 });
});

test('GIVEN nothing ever reserved, or no such account WHEN a refund comes THEN nothing_held, and no credit appears', async () => {
  const account = await fundedAccount(10);
  expect(await withoutAMove(account, callerOf(account).refund)).toEqual({ outcome: 'nothing_held' });
  const nobody = newAccountId();
  expect(await callerOf(nobody).refund()).toEqual({ outcome: 'nothing_held' });
  expect((await moneyOf(nobody)).balance).toBeUndefined();
});

test('GIVEN a refund that found nothing WHEN the run goes on all the same THEN it is closed', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).refund();
  expect(await withoutAMove(account, callerOf(account).reserve)).toEqual({ outcome: 'closed' });
  expect(await withoutAMove(account, callerOf(account).settle)).toEqual({ outcome: 'closed' });
});

test('GIVEN a reset that has taken the hold WHEN the new run refunds THEN what the first left in flight can neither charge nor hold', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  await callerOf(account, { run: 'r2', proven: true }).reserve();
  await callerOf(account, { run: 'r2' }).refund();
  const first = callerOf(account, { proven: true });
  expect(await withoutAMove(account, first.settle)).toEqual({ outcome: 'closed' });
  expect(await withoutAMove(account, first.reserve)).toEqual({ outcome: 'closed' });
});

test('GIVEN a newer run that waits for its proof WHEN the run that holds refunds THEN the newer one is not closed', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  expect(await callerOf(account, { run: 'r2' }).reserve()).toEqual({ outcome: 'not_newest' });
  await callerOf(account).refund();
  expect(await callerOf(account, { run: 'r2', proven: true }).reserve()).toMatchObject({ outcome: 'reserved' });
});
