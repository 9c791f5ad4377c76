import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { address, makegood, newAccount, onClose, ownQueue, sandboxRequests, stackEnv, until } from '../harness';
import { expectToAddUp, movesOf } from '../harness/money';
import { startTcpProxy, type TcpProxy } from '../harness/tcp-proxy';

// Faults of others' code that need a ledger which cannot be reached just then. The worker's way to Postgres is cut;
// the client's is not, so that it sees what is written meanwhile. One proxy: one test after the other.

jest.setTimeout(180_000);

let proxy: TcpProxy;
let queue: ReturnType<typeof ownQueue>;

beforeAll(async () => {
  const url = new URL(stackEnv().DATABASE_URL as string);
  proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
  onClose(() => proxy.close());
  url.port = String(proxy.port);
  queue = ownQueue();
  await queue.startWorker({ DATABASE_URL: url.href });
});

afterEach(() => proxy.heal());

async function started(provider: string) {
  const account = await newAccount(10);
  const id = `g-${randomUUID()}`;
  const to = address(provider);
  await queue.makegood.submit({ account, id, kind: 'email-draft', input: { to, goal: 'Thank them' } });
  const calls = async () => (await sandboxRequests({ to })).count;
  return {
    ...{ account, id, calls },
    asked: () => until('the provider to be asked', async () => (await calls()) > 0),
    look: async () => {
      const { record, workflow } = await makegood().describe(account, id);
      return { status: record?.status, workflow: workflow.status, ...(await makegood().balance(account)) };
    },
    end: () => queue.makegood.result(account, id, 100_000),
  };
}

test('commit succeeds, acknowledgement lost, retried: one refund', async () => {
  const { account, id, asked, end } = await started('hang');
  await asked();
  proxy.set('cut-after');
  await queue.makegood.cancel(account, id);
  expect(await end()).toMatchObject({ status: 'cancelled', charged: 1, refunded: 1 });
  expect(proxy.cuts).toBe(1);
  expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`, `REFUND 1 ${id} CANCELLED`]);
  await expectToAddUp(account);
});

test('a failed settle crosses into the refund branch: it is tried until it is through, and the draft is paid for', async () => {
  const { account, id, asked, end, look } = await started('slow-1s');
  await asked();
  proxy.set('refuse');
  // Longer than the local tries of a settle.
  await sleep(7_000);
  expect(await look()).toMatchObject({ status: 'RESERVED', workflow: 'RUNNING', held: 1 });
  proxy.heal();
  expect(await end()).toMatchObject({ status: 'succeeded', charged: 1, refunded: 0 });
  expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`, `SETTLE -1 ${id}`]);
});

test('generated but undelivered: a draft that came while the ledger was away is delivered, not asked for again', async () => {
  const { asked, end, calls } = await started('slow-1s');
  await asked();
  proxy.set('refuse');
  await sleep(2_000);
  proxy.heal();
  expect(await end()).toMatchObject({ status: 'succeeded', output: { subject: expect.stringMatching(/./) } });
  expect(await calls()).toBe(1);
});

test('FAILED written first, refund crashes; refund failure swallowed: held until given back, and the workflow does not end before', async () => {
  const { account, id, asked, end, look } = await started('hang');
  await asked();
  proxy.set('refuse');
  await queue.makegood.cancel(account, id);
  await sleep(2_000);
  expect(await look()).toMatchObject({ status: 'RESERVED', workflow: 'RUNNING', balance: 9, held: 1 });
  proxy.heal();
  expect(await end()).toMatchObject({ status: 'cancelled', charged: 1, refunded: 1 });
  expect(await look()).toMatchObject({ status: 'REFUNDED', balance: 10, held: 0 });
});

test('the ledger store down must fail closed: nothing is generated that nobody holds credits for', async () => {
  proxy.set('refuse');
  const { calls, end } = await started('ok');
  await sleep(2_000);
  expect(await calls()).toBe(0);
  proxy.heal();
  expect(await end()).toMatchObject({ status: 'succeeded', charged: 1 });
});
