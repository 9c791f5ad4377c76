import { callerOf, fundedAccount, moneyOf, newAccountId, withoutAMove } from './fixture';

test('GIVEN a hold of this try WHEN it refunds THEN all that is held comes back, with the reason', async () => {
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
  const reset = callerOf(account, { run: 'r2' });
  expect(await withoutAMove(account, reset.refund)).toEqual({ outcome: 'nothing_held' });
  expect(await withoutAMove(account, reset.refund)).toEqual({ outcome: 'nothing_held' });
});

test('GIVEN a hold WHEN twenty refund it at once, from several runs and the sweep THEN it comes back once', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  const runs = Array.from({ length: 20 }, (_, index) => (index % 5 === 0 ? '*' : `r${index}`));
  const answers = await Promise.all(runs.map((run) => callerOf(account, { run }).refund()));
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
  for (const who of [{}, { run: 'r2' }, { execution: 't2', run: 'r3' }, { run: '*' }]) {
    const answer = await withoutAMove(account, callerOf(account, who).refund);
    expect(answer).toEqual({ outcome: 'delivered', output: { subject: 'Hi' } });
  }
});

test('GIVEN a hold of another try WHEN this one refunds THEN nothing_held', async () => {
  const account = await fundedAccount(10);
  await callerOf(account, { execution: 't2', run: 'r2' }).reserve();
  expect(await withoutAMove(account, callerOf(account).refund)).toEqual({ outcome: 'nothing_held' });
});

test('GIVEN nothing ever reserved, or no such account WHEN a refund comes THEN nothing_held, and no credit appears', async () => {
  const account = await fundedAccount(10);
  expect(await withoutAMove(account, callerOf(account).refund)).toEqual({ outcome: 'nothing_held' });
  const nobody = newAccountId();
  expect(await callerOf(nobody).refund()).toEqual({ outcome: 'nothing_held' });
  expect((await moneyOf(nobody)).balance).toBeUndefined();
});

test('GIVEN a refund that found nothing WHEN the run goes on all the same THEN its tombstone stops it', async () => {
  const account = await fundedAccount(10);
  await callerOf(account, { execution: 't2', run: 'r2' }).reserve();
  await callerOf(account).refund();
  expect(await withoutAMove(account, callerOf(account).reserve)).toEqual({ outcome: 'closed' });
  expect(await withoutAMove(account, callerOf(account).settle)).toEqual({ outcome: 'closed' });
});

test('GIVEN a reset that has replaced the first run WHEN the new run refunds THEN what the first left in flight charges nothing', async () => {
  const account = await fundedAccount(10);
  // A try is named after its first run.
  const first = callerOf(account, { run: 't1' });
  await first.reserve();
  await callerOf(account, { run: 'r2' }).refund();
  expect(await withoutAMove(account, first.settle)).toEqual({ outcome: 'closed' });
  expect(await withoutAMove(account, first.reserve)).toEqual({ outcome: 'closed' });
});
