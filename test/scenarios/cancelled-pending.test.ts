import { randomUUID } from 'node:crypto';
import type { Makegood } from '../../client/makegood';
import { address, client, makegood, newAccount, onClose, ownQueue, stackEnv, until } from '../harness';
import { expectToAddUp, movesOf } from '../harness/money';
import { startTcpProxy } from '../harness/tcp-proxy';
import { email, scenario } from './scenario';

// What is cancelled while it waits for its credits, because there is no worker or no database, is never charged, says
// so, and stays cancelled: what was asked before the cancellation does not come back when it is sent again.

jest.setTimeout(120_000);

/** A generation that was refunded, and whose worker has gone: its retries wait. */
async function refundedThenAlone() {
  const { env, makegood: own, startWorker } = ownQueue();
  const account = await newAccount(10);
  const id = `g-${randomUUID()}`;
  const worker = await startWorker();
  await own.start({ account, id, ...email(address('second-run')) });
  expect(await own.result(account, id)).toMatchObject({ status: 'refunded' });
  await worker.stop();
  const hasty = client({ env, startTimeoutMs: 500 });
  return { own, hasty, startWorker, account, id, before: await movesOf(account) };
}

const CANCELLED = { status: 'cancelled', reason: 'CANCELLED', charged: 1, refunded: 1 };

async function expectCancelled(own: Makegood, account: string, id: string, before: string[]) {
  expect(await own.result(account, id, 30_000)).toMatchObject({
    ...CANCELLED,
    message: expect.stringMatching(/^The retry was stopped/),
  });
  expect(await own.describe(account, id)).toMatchObject({
    ...{ end: CANCELLED, charged: 1, refunded: 1, workflow: { status: 'CANCELLED' } },
    record: { status: 'REFUNDED', reservations: [{ ordinal: 1, state: 'REFUNDED', reason: 'PROVIDER_UNAVAILABLE' }] },
  });
  expect(await movesOf(account)).toEqual(before);
  await expectToAddUp(account);
}

scenario.each([{ after: 1 }, { key: 'k' }])(
  'GIVEN a retry %p that waits for a worker WHEN it is cancelled, twice THEN it is not charged, also when sent again',
  async (request) => {
    const { own, hasty, startWorker, account, id, before } = await refundedThenAlone();
    expect(await hasty.retry(account, id, request)).toEqual({ status: 'pending' });
    expect(await hasty.retry(account, id, request)).toEqual({ status: 'pending' });
    await own.cancel(account, id);
    await own.cancel(account, id);
    await startWorker();

    await expectCancelled(own, account, id, before);
    expect(await own.retry(account, id, request)).toMatchObject(CANCELLED);
    await expectCancelled(own, account, id, before);
    // One that names nothing is another: it follows the same refund, which nothing has followed.
    expect(await own.retry(account, id)).toMatchObject({ status: 'held' });
    expect(await own.result(account, id, 30_000)).toMatchObject({ status: 'succeeded', charged: 2, refunded: 1 });
  },
);

scenario(
  'GIVEN a retry that waits for a worker WHEN one under another key comes THEN that is told, and starts nothing',
  async () => {
    const { own, hasty, startWorker, account, id, before } = await refundedThenAlone();
    expect(await hasty.retry(account, id, { key: 'one' })).toEqual({ status: 'pending' });
    // Told at once, by whoever is patient too: it must not hear of the other's end.
    const others = [own, hasty].map((each) => each.retry(account, id, { key: 'other' }));
    const told = Promise.allSettled(others);
    await own.cancel(account, id);
    await startWorker();
    const late = { status: 'rejected', reason: expect.objectContaining({ code: 'NOT_REFUNDED' }) };
    expect(await told).toEqual([late, late]);
    await expectCancelled(own, account, id, before);
    await own.retry(account, id, { key: 'other' });
    expect(await own.result(account, id, 30_000)).toMatchObject({ status: 'succeeded', charged: 2 });
  },
);

/** The activity that the generation's workflow waits for. */
async function waitingFor({ context: { temporal } }: Makegood, account: string, id: string) {
  const { raw } = await temporal.workflow.getHandle(`makegood/${account}/${id}`).describe();
  return raw.pendingActivities?.[0]?.activityType?.name;
}

scenario(
  'GIVEN a retry whose database is away WHEN it is cancelled THEN it is not charged once that is back',
  async () => {
    const { hostname, port } = new URL(stackEnv().DATABASE_URL as string);
    const proxy = await startTcpProxy({ host: hostname, port: Number(port) });
    onClose(() => proxy.close());
    const cut = new URL(stackEnv().DATABASE_URL as string);
    cut.host = `127.0.0.1:${proxy.port}`;
    const { env, makegood: own, startWorker } = ownQueue();
    const account = await newAccount(10);
    const id = `g-${randomUUID()}`;
    await startWorker({ DATABASE_URL: cut.href });
    await own.start({ account, id, ...email(address('second-run')) });
    await until('the refund', async () => (await own.describe(account, id)).workflow.status === 'FAILED');
    const before = await movesOf(account);

    proxy.set('refuse');
    expect(await client({ env, startTimeoutMs: 2_000 }).retry(account, id, { after: 1 })).toEqual({
      status: 'pending',
    });
    await own.cancel(account, id);
    await until('the refund to be asked', async () => (await waitingFor(own, account, id)) === 'refund');
    proxy.heal();
    await expectCancelled(own, account, id, before);
  },
);

scenario(
  'GIVEN a start that waits for a worker WHEN it is cancelled, and sent again THEN it stays cancelled',
  async () => {
    const { env, makegood: own, startWorker } = ownQueue();
    const account = await newAccount(10);
    const request = { account, id: `g-${randomUUID()}`, ...email(address('ok')) };
    expect(await own.submit(request)).toEqual({ status: 'pending' });
    await own.cancel(account, request.id);
    await startWorker();
    const cancelled = {
      status: 'cancelled',
      charged: 0,
      refunded: 0,
      message: expect.stringMatching(/^It was stopped/),
    };
    expect(await own.result(account, request.id, 30_000)).toMatchObject(cancelled);

    expect(await own.start(request)).toMatchObject(cancelled);
    expect(await own.submit(request)).toMatchObject(cancelled);
    const other = client({ env }).start({ ...request, ...email(address('ok')) });
    await expect(other).rejects.toMatchObject({ code: 'GENERATION_CONFLICT' });
    expect(await movesOf(account)).toEqual([]);
  },
);

scenario(
  'GIVEN a cancellation that races with the hold of a retry THEN it is never charged and not given back',
  async () => {
    const account = await newAccount(20);
    const ids = Array.from({ length: 12 }, (_, index) => `g-${index}`);
    await Promise.all(ids.map((id) => makegood().submit({ account, id, ...email(address('refused')) })));
    await Promise.all(ids.map((id) => makegood().result(account, id, 60_000)));
    await Promise.all(
      ids.map(async (id, index) => {
        const retried = makegood().retry(account, id, { after: 1 });
        await new Promise((resolve) => setTimeout(resolve, index * 8));
        await makegood().cancel(account, id);
        await retried;
      }),
    );
    for (const id of ids) {
      await until('it to end', async () => (await makegood().describe(account, id)).workflow.status !== 'RUNNING');
      const end = await makegood().result(account, id, 60_000);
      expect(end?.charged).toBe(end?.refunded);
      // Whatever came of it, the same retry sent again is that one.
      await makegood().retry(account, id, { after: 1 });
      expect(await makegood().result(account, id, 60_000)).toMatchObject({ charged: end?.charged });
    }
    expect(await makegood().balance(account)).toMatchObject({ balance: 20, held: 0 });
    await expectToAddUp(account);
  },
);
