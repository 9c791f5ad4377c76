import { randomUUID } from 'node:crypto';
import { address, client, makegood, newAccount, ownQueue, until } from '../harness';
import { expectToAddUp, movesOf } from '../harness/money';
import { newKey, startApi } from '../server/api';
import { email, ended, run, scenario } from './scenario';

// A request that can't be paid leaves nothing behind: no workflow, and so no input that somebody could read there.

jest.setTimeout(120_000);

/** The workflows of an account, as Temporal's index lists them. */
const workflowsOf = async (account: string) => {
  const { temporal } = makegood().context;
  return (await temporal.workflow.count(`WorkflowId STARTS_WITH "makegood/${account}/"`)).count;
};

/** The index is behind by a moment: once it has a workflow that was started later, it has all there are. */
async function indexIsThere() {
  const account = await newAccount(1);
  await run(account, address('ok'));
  await until('the index', async () => (await workflowsOf(account)) === 1);
}

/** Fails if Temporal knows a workflow of this generation. */
async function expectNoWorkflow(account: string, id: string) {
  await expect(makegood().describe(account, id)).rejects.toMatchObject({ code: 'UNKNOWN_GENERATION' });
  const handle = makegood().context.temporal.workflow.getHandle(`makegood/${account}/${id}`);
  await expect(handle.describe()).rejects.toMatchObject({ name: 'WorkflowNotFoundError' });
  await expect(handle.fetchHistory()).rejects.toThrow();
}

const SHORT = { code: 'INSUFFICIENT_CREDITS', details: { balance: 0, price: 1 } };

/** An account whose one credit is spent. */
async function poor() {
  const account = await newAccount(1);
  await run(account, address('ok'), 'paid');
  return account;
}

scenario(
  'GIVEN an account without credits, or none at all WHEN it starts many THEN each is refused, and no workflow is left',
  async () => {
    const [account, nobody] = [await poor(), `nobody-${randomUUID()}`];
    const before = await movesOf(account);
    const ids = Array.from({ length: 20 }, () => `g-${randomUUID()}`);
    for (const ask of ['start', 'submit'] as const) {
      await Promise.all(
        ids.map(async (id) => {
          const short = makegood()[ask]({ account, id, ...email(address('ok')) });
          await expect(short).rejects.toMatchObject(SHORT);
          const unknown = makegood()[ask]({ account: nobody, id, ...email(address('ok')) });
          await expect(unknown).rejects.toMatchObject({ code: 'UNKNOWN_ACCOUNT' });
        }),
      );
    }
    for (const id of ids) {
      await expectNoWorkflow(account, id);
      await expectNoWorkflow(nobody, id);
    }
    await indexIsThere();
    expect([await workflowsOf(account), await workflowsOf(nobody)]).toEqual([1, 0]);
    expect(await movesOf(account)).toEqual(before);
    await expectToAddUp(account);
  },
);

scenario('GIVEN the same over HTTP THEN 402 and 404, and no workflow is left', async () => {
  const [account, nobody] = [await poor(), `nobody-${randomUUID()}`];
  const api = await startApi();
  const key = await newKey('write');
  const post = (body: object) => api.call('/v1/generations?wait=5', { method: 'POST', key, body });
  for (const [whose, status, code] of [
    [account, 402, 'INSUFFICIENT_CREDITS'],
    [nobody, 404, 'UNKNOWN_ACCOUNT'],
  ] as const) {
    const id = randomUUID();
    const answer = await post({ account: whose, id, ...email(address('ok')) });
    expect([answer.status, await answer.json()]).toMatchObject([status, { code }]);
    await expectNoWorkflow(whose, id);
  }
});

scenario(
  'GIVEN credits that have been spent since the refund WHEN it is retried THEN it is refused, and no run is left',
  async () => {
    const account = await newAccount(1);
    const { id } = await run(account, address('second-run'));
    await run(account, address('ok'));
    const { workflow } = await makegood().describe(account, id);
    const before = await movesOf(account);
    for (const request of [{}, { after: 1 }, { key: 'k' }]) {
      await expect(makegood().retry(account, id, request)).rejects.toMatchObject(SHORT);
    }
    expect(await makegood().describe(account, id)).toMatchObject({ workflow, end: { status: 'refunded', charged: 1 } });
    expect(await movesOf(account)).toEqual(before);

    // The same key is good for the try that it has not had.
    await makegood().grant({ account, credits: 1 });
    await makegood().retry(account, id, { key: 'k' });
    expect((await ended(account, id)).end).toMatchObject({ status: 'succeeded', charged: 2, refunded: 1 });
    await expectToAddUp(account);
  },
);

scenario(
  'GIVEN one that waits for a worker WHEN the credits have gone meanwhile THEN asked again it is still under way',
  async () => {
    const { env, makegood: own, startWorker } = ownQueue();
    const account = await newAccount(1);
    const request = { account, id: `g-${randomUUID()}`, ...email(address('ok')) };
    expect(await own.submit(request)).toEqual({ status: 'pending' });
    await run(account, address('ok'));

    // A grant before its worker comes would still pay it: "nothing was charged" would not be the end of it.
    expect(await own.submit(request)).toEqual({ status: 'pending' });
    expect(await client({ env, startTimeoutMs: 500 }).start(request)).toMatchObject({ status: 'pending' });
    const other = own.submit({ ...request, ...email(address('ok')) });
    await expect(other).rejects.toMatchObject({ code: 'GENERATION_CONFLICT' });
    await makegood().grant({ account, credits: 1 });
    await startWorker();
    expect(await own.result(account, request.id, 30_000)).toMatchObject({ status: 'succeeded', charged: 1 });
  },
);

scenario(
  'GIVEN one that waits WHEN its credits have gone and a worker comes THEN the workflow turns it away all the same',
  async () => {
    const { makegood: own, startWorker } = ownQueue();
    const account = await newAccount(1);
    const request = { account, id: `g-${randomUUID()}`, ...email(address('ok')) };
    await own.submit(request);
    await run(account, address('ok'));
    const before = await movesOf(account);
    await startWorker();
    const turnedAway = { status: 'rejected', reason: 'INSUFFICIENT_CREDITS', charged: 0 };
    expect(await own.result(account, request.id, 30_000)).toMatchObject(turnedAway);
    expect(await movesOf(account)).toEqual(before);

    await makegood().grant({ account, credits: 1 });
    expect(await own.start(request)).toMatchObject({ status: 'held' });
    expect(await own.result(account, request.id, 30_000)).toMatchObject({ status: 'succeeded', charged: 1 });
  },
);
