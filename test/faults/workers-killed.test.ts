import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TriesOptions } from '../../kinds/tries';
import { address, client, makegood, newAccount, ownQueue, sandboxRequests, until } from '../harness';
import { expectToAddUp, movesOf } from '../harness/money';

// Workers that are killed and deployed under the work. All wait for timers, so they run side by side.
const scenario = test.concurrent;
jest.setTimeout(180_000);

async function attemptsOf(account: string, id: string): Promise<string[]> {
  const { record } = await makegood().describe(account, id);
  return record?.attempts.map(({ number, reason }) => `${number} ${reason}`) ?? [];
}

/** Where no worker dies: a machine that starves a living one must not make an attempt more of it. */
const NEVER_TAKEN_FOR_DEAD = { heartbeatTimeout: 30_000 };

/** `count` drafts of a provider that takes its time, on a queue of their own. */
async function drafting(
  provider: string,
  { count = 1, env = {}, tries = {} }: { count?: number; env?: Record<string, string>; tries?: TriesOptions } = {},
) {
  const queue = ownQueue(env);
  const makegood = client({ env: queue.env, tries });
  const account = await newAccount(100);
  const to = address(provider);
  const ids = Array.from({ length: count }, () => `g-${randomUUID()}`);
  for (const id of ids) await makegood.submit({ account, id, kind: 'email-draft', input: { to, goal: 'Thank them' } });
  const calls = async () => (await sandboxRequests({ to })).count;
  return {
    ...{ queue, makegood, account, ids, calls },
    id: ids[0] as string,
    asked: (times: number) => until(`${times} provider calls`, async () => (await calls()) >= times),
    ends: () => Promise.all(ids.map((id) => makegood.result(account, id, 100_000))),
    attempts: () => attemptsOf(account, ids[0] as string),
    /** A machine that starves a living worker for longer than the heartbeat timeout loses an attempt more. */
    lost: async () => {
      const attempts = await attemptsOf(account, ids[0] as string);
      expect(attempts).toEqual(attempts.map((_, index) => `${index + 1} WORKER_LOST`));
      return attempts.length;
    },
  };
}

scenario(
  'GIVEN a worker killed in mid-draft WHEN another takes over THEN one charge, and the lost attempt is listed',
  async () => {
    const { queue, account, id, asked, ends, lost, calls } = await drafting('slow-1s');
    const first = await queue.startWorker();
    await asked(1);
    await first.kill();
    await queue.startWorker();

    expect(await ends()).toMatchObject([{ status: 'succeeded', charged: 1, refunded: 0 }]);
    expect(await lost()).toBeGreaterThanOrEqual(1);
    expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`, `SETTLE -1 ${id}`]);
    expect(await calls()).toBeGreaterThanOrEqual(2);
    await expectToAddUp(account);
  },
);

scenario(
  'GIVEN a worker killed in mid-draft WHEN another has drafted THEN the end does not wait for the queue of the lost one',
  async () => {
    // So long that whoever waits for it is seen, whatever the machine's speed.
    const { queue, account, id, asked, ends } = await drafting('slow-1s', {
      env: { MAKEGOOD_STICKY_TIMEOUT_MS: '60000' },
    });
    const first = await queue.startWorker();
    await asked(1);
    await first.kill();
    await queue.startWorker();
    expect(await ends()).toMatchObject([{ status: 'succeeded', charged: 1 }]);

    const { events } = await queue.makegood.context.temporal.workflow
      .getHandle(`makegood/${account}/${id}`)
      .fetchHistory();
    const drafted = events?.findIndex((event) => event.activityTaskCompletedEventAttributes) ?? -1;
    const task = events?.slice(drafted).find((event) => event.workflowTaskScheduledEventAttributes);
    expect(task?.workflowTaskScheduledEventAttributes?.taskQueue?.name).toBe(queue.env.MAKEGOOD_TASK_QUEUE);
  },
);

scenario(
  'GIVEN a worker killed in mid-draft WHEN the next is killed during the recovery, too THEN the third delivers, for one charge',
  async () => {
    const { queue, account, id, asked, ends, lost } = await drafting('slow-1s', { tries: { attempts: 20 } });
    for (const kill of [1, 2]) {
      const worker = await queue.startWorker();
      await asked(kill);
      await worker.kill();
    }
    await queue.startWorker();

    expect(await ends()).toMatchObject([{ status: 'succeeded', charged: 1, refunded: 0 }]);
    expect(await lost()).toBeGreaterThanOrEqual(2);
    expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`, `SETTLE -1 ${id}`]);
    await expectToAddUp(account);
  },
);

scenario(
  'GIVEN workers that are killed at every attempt THEN the credits come back, and the customer reads why',
  async () => {
    const { queue, makegood, account, id, calls, ends, attempts } = await drafting('hang', { tries: { attempts: 2 } });
    const over = async () => (await makegood.describe(account, id)).workflow.status !== 'RUNNING';
    for (const kill of [1, 2]) {
      const worker = await queue.startWorker();
      // A starved machine may lose the last attempt before it has asked the provider: that is one lost worker as well.
      await until(`attempt ${kill}`, async () => (await calls()) >= kill || (await over()));
      await worker.kill();
    }
    await queue.startWorker();

    expect(await ends()).toMatchObject([{ status: 'refunded', reason: 'WORKER_LOST', charged: 1, refunded: 1 }]);
    expect(await attempts()).toEqual(['1 WORKER_LOST', '2 WORKER_LOST']);
    expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`, `REFUND 1 ${id} WORKER_LOST`]);
    await expectToAddUp(account);
  },
);

scenario(
  'GIVEN a worker killed in mid-draft WHEN the customer cancels before there is another THEN the credits come back',
  async () => {
    const { queue, makegood, account, id, asked, ends } = await drafting('hang');
    const worker = await queue.startWorker();
    await asked(1);
    await worker.kill();
    await makegood.cancel(account, id);
    await queue.startWorker();

    expect(await ends()).toMatchObject([{ status: 'cancelled', charged: 1, refunded: 1 }]);
    expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`, `REFUND 1 ${id} CANCELLED`]);
    await expectToAddUp(account);
  },
);

scenario(
  'GIVEN two workers on twenty drafts WHEN one is killed THEN every draft is delivered and charged once',
  async () => {
    const { queue, makegood, account, asked, ends } = await drafting('slow-1s', { count: 20 });
    const [first] = await Promise.all([queue.startWorker(), queue.startWorker()]);
    await asked(20);
    await first?.kill();

    const all = await ends();
    expect(all.filter((end) => end?.status === 'succeeded' && end.charged === 1)).toHaveLength(20);
    expect(await makegood.balance(account)).toMatchObject({ balance: 80, held: 0 });
    await expectToAddUp(account);
  },
);

scenario(
  'GIVEN drafts under way WHEN a deploy stops their worker THEN it finishes them: no attempt is lost, none repeated',
  async () => {
    const { queue, makegood, account, asked, ends, calls, attempts } = await drafting('slow-2s', {
      count: 5,
      tries: NEVER_TAKEN_FOR_DEAD,
    });
    const worker = await queue.startWorker();
    await asked(5);
    await worker.stop();
    await queue.startWorker();

    expect((await ends()).map((end) => end?.status)).toEqual(Array(5).fill('succeeded'));
    expect(await calls()).toBe(5);
    expect(await attempts()).toEqual([]);
    expect(await makegood.balance(account)).toMatchObject({ balance: 95, held: 0 });
    await expectToAddUp(account);
  },
);

scenario(
  'GIVEN a draft that outlasts the grace of a deploy WHEN its worker stops THEN it is handed to the next one, for one charge',
  async () => {
    const { queue, account, id, asked, ends, calls } = await drafting('slow-6s', {
      env: { MAKEGOOD_SHUTDOWN_GRACE_MS: '200' },
      tries: NEVER_TAKEN_FOR_DEAD,
    });
    const worker = await queue.startWorker();
    await asked(1);
    await worker.stop();
    // Ended in good order, and before the draft: it was handed back, not waited for.
    expect(worker.process.exitCode).toBe(0);
    expect((await sandboxRequests({ generation: `${account}/${id}` })).requests).toMatchObject([{ aborted: true }]);
    await queue.startWorker();

    expect(await ends()).toMatchObject([{ status: 'succeeded', charged: 1, refunded: 0 }]);
    expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`, `SETTLE -1 ${id}`]);
    expect(await calls()).toBe(2);
    await expectToAddUp(account);
  },
);

scenario(
  'GIVEN the last attempt of a draft WHEN a deploy stops its worker THEN the credits come back: interrupted on our side',
  async () => {
    const { queue, asked, ends } = await drafting('hang', {
      env: { MAKEGOOD_SHUTDOWN_GRACE_MS: '200' },
      tries: { attempts: 1, ...NEVER_TAKEN_FOR_DEAD },
    });
    const worker = await queue.startWorker();
    await asked(1);
    await worker.stop();
    await queue.startWorker();

    expect(await ends()).toMatchObject([{ status: 'refunded', reason: 'WORKER_LOST', charged: 1, refunded: 1 }]);
  },
);

scenario('GIVEN no worker at all WHEN one comes at last THEN what was asked for meanwhile is done', async () => {
  const { queue, account, ends } = await drafting('ok', { count: 3 });
  await sleep(1_000);
  await queue.startWorker();
  expect((await ends()).map((end) => end?.status)).toEqual(Array(3).fill('succeeded'));
  await expectToAddUp(account);
});
