import { randomUUID } from 'node:crypto';
import { freePort } from '../../dev/ports';
import { address, makegood, newAccount, ownQueue, stackEnv } from '../harness';
import { run } from '../harness/command';

const show = async (account: string, id: string, env = stackEnv()) => {
  const { code, stdout, stderr } = await run(['show', id, '--account', account, '--json'], { env });
  return { code, stderr, ...(stdout === '' ? {} : (JSON.parse(stdout) as object)) };
};
const email = { kind: 'email-draft' as const, input: { to: address('ok'), goal: 'Thank them' } };

test('GIVEN one whose credits were gone when its worker came THEN it is shown as rejected, with the reason', async () => {
  const { makegood: own, startWorker } = ownQueue();
  const account = await newAccount(1);
  await own.submit({ account, id: 'second', ...email });
  await makegood().start({ account, id: 'first', ...email });
  await startWorker();
  await own.result(account, 'second', 30_000);
  expect(await show(account, 'second')).toMatchObject({
    code: 0,
    status: 'rejected',
    reason: 'INSUFFICIENT_CREDITS',
    charged: 0,
  });
});

test('GIVEN one that waits for a worker WHEN it is cancelled THEN it is shown as pending, then as cancelled', async () => {
  const { makegood: own, startWorker } = ownQueue();
  const account = await newAccount();
  const id = `g-${randomUUID()}`;
  await own.submit({ account, id, ...email });
  expect(await show(account, id)).toMatchObject({ code: 0, status: 'pending' });
  await own.cancel(account, id);
  await startWorker();
  expect(await own.result(account, id, 30_000)).toMatchObject({ status: 'cancelled' });
  expect(await show(account, id)).toMatchObject({ code: 0, status: 'cancelled', charged: 0 });
});

test('GIVEN one that the ledger does not know WHEN Temporal is away THEN it says so, and exits with 1', async () => {
  const env = { ...stackEnv(), TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}` };
  const shown = await show(await newAccount(), 'no-such', env);
  expect(shown).toMatchObject({ code: 1, stderr: expect.stringMatching(/Temporal is not reachable/) });
});
