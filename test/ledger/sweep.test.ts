import { randomUUID } from 'node:crypto';
import { sweepAccount } from '../../ledger/credits';
import type { AccountId } from '../../ledger/ids';
import { reason } from '../../ledger/reasons';
import { callerOf, fundedAccount, ledger, moneyOf, TEST_NAMESPACE, withoutAMove } from '../harness/ledger';

const swept = (account: AccountId, holder: string, newest: string | null, namespace = TEST_NAMESPACE) =>
  sweepAccount(ledger(), account, namespace, [
    { generation: 'g1', holder, newest, reason: reason('OPERATOR_TERMINATED') },
  ]);

test('GIVEN a hold whose run was seen dead WHEN it is swept, twice THEN it comes back once, and the run is closed', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  expect(await swept(account, 'r1', 'r1')).toEqual([{ outcome: 'refunded', amount: 3, reason: 'OPERATOR_TERMINATED' }]);
  expect(await withoutAMove(account, () => swept(account, 'r1', 'r1'))).toEqual([{ outcome: 'nothing_held' }]);
  expect(await withoutAMove(account, callerOf(account).settle)).toEqual({ outcome: 'closed' });
  expect(await withoutAMove(account, callerOf(account, { proven: true }).reserve)).toEqual({ outcome: 'closed' });
});

test('GIVEN a hold that has passed on, was settled, or is of another namespace WHEN it is swept THEN nothing moves', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  expect(await withoutAMove(account, () => swept(account, 'r1', null, randomUUID()))).toEqual([
    { outcome: 'nothing_held' },
  ]);
  await callerOf(account, { run: 'r2', proven: true }).reserve();
  expect(await withoutAMove(account, () => swept(account, 'r1', 'r1'))).toEqual([{ outcome: 'nothing_held' }]);
  await callerOf(account, { run: 'r2' }).settle();
  expect(await withoutAMove(account, () => swept(account, 'r2', 'r2'))).toEqual([{ outcome: 'nothing_held' }]);
});

test('GIVEN a run that was proven to be the newest, and has not said so yet WHEN a newer one is swept THEN it is closed too', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  expect(await callerOf(account, { run: 'r2' }).reserve()).toEqual({ outcome: 'not_newest' });
  await swept(account, 'r1', 'r3');
  const late = callerOf(account, { run: 'r2', proven: true });
  expect(await withoutAMove(account, late.reserve)).toEqual({ outcome: 'closed' });
});

test('GIVEN several dead holds of one account WHEN they are swept together THEN each is answered, in their order', async () => {
  const account = await fundedAccount(10);
  for (const generation of ['g1', 'g2']) await callerOf(account, { generation }).reserve();
  const dead = (generation: string, holder: string) => ({
    ...{ generation, holder, newest: null, reason: reason('WORKFLOW_LOST') },
  });
  const answers = await sweepAccount(ledger(), account, TEST_NAMESPACE, [
    ...[dead('g2', 'r1'), dead('g1', 'another'), dead('g1', 'r1')],
  ]);
  expect(answers.map(({ outcome }) => outcome)).toEqual(['refunded', 'nothing_held', 'refunded']);
  expect((await moneyOf(account)).balance).toBe('10 + 0');
});
