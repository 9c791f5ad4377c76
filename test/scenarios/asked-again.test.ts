import { randomUUID } from 'node:crypto';
import { freePort } from '../../dev/ports';
import type { AccountId, GenerationId } from '../../ledger/ids';
import { lookUp } from '../../server/generation';
import { address, client, makegood, newAccount, ownQueue, stackEnv, until } from '../harness';
import { expectToAddUp, movesOf } from '../harness/money';
import { asked, email, run, scenario } from './scenario';

// The same id asked for again when it is hardest to know how it stands: the ledger can't be read, nothing is held yet,
// or a retry is under way.

jest.setTimeout(120_000);

/** A backend that reaches Temporal, and cannot reach Postgres. */
async function blind() {
  const url = new URL(stackEnv().DATABASE_URL as string);
  url.port = String(await freePort());
  return client({ env: { ...stackEnv(), DATABASE_URL: url.href } });
}

const runsOf = (account: string, id: string) =>
  makegood().context.temporal.workflow.count(`WorkflowId = "makegood/${account}/${id}"`);

describe('by a backend whose way to Postgres is cut', () => {
  scenario.each(['ok', 'refused'])(
    'GIVEN a generation (%s) that has ended WHEN it is started again THEN it is told to come again, and nothing is charged',
    async (behaviour) => {
      const account = await newAccount(10);
      const to = address(behaviour);
      const { id } = await run(account, to);
      const before = await movesOf(account);

      for (const ask of ['start', 'submit'] as const) {
        const again = (await blind())[ask]({ account, id, ...email(to) });
        await expect(again).rejects.toMatchObject({ code: 'POSTGRES_UNREACHABLE' });
      }
      expect(await movesOf(account)).toEqual(before);
      expect(await asked(to)).toBe(1);
    },
  );

  scenario('GIVEN a new id THEN it is started all the same, and runs', async () => {
    const account = await newAccount(10);
    const id = `g-${randomUUID()}`;
    expect(await (await blind()).start({ account, id, ...email(address('ok')) })).toMatchObject({ status: 'held' });
    expect(await makegood().result(account, id, 30_000)).toMatchObject({ status: 'succeeded', charged: 1 });
  });
});

scenario(
  'GIVEN one turned away for lack of credits WHEN it is submitted again after a grant THEN it runs',
  async () => {
    const account = await newAccount(1);
    const other = await run(account, address('ok'));
    expect(other.end).toMatchObject({ status: 'succeeded' });
    const request = { account, id: `g-${randomUUID()}`, ...email(address('ok')) };
    await expect(makegood().submit(request)).rejects.toMatchObject({ code: 'INSUFFICIENT_CREDITS' });

    await makegood().grant({ account, credits: 5 });
    await makegood().submit(request);
    const end = () => makegood().result(account, request.id, 30_000);
    await until('the draft', async () => (await end())?.status === 'succeeded');
    await expectToAddUp(account);
  },
);

scenario('GIVEN one that waits for a worker WHEN another input comes under its id THEN a conflict', async () => {
  const { makegood: own } = ownQueue();
  const account = await newAccount(10);
  const id = `g-${randomUUID()}`;
  const to = address('ok');
  expect(await own.submit({ account, id, ...email(to) })).toEqual({ status: 'pending' });

  expect(await own.submit({ account, id, ...email(to) })).toEqual({ status: 'pending' });
  const other = own.submit({ account, id, ...email(address('ok')) });
  await expect(other).rejects.toMatchObject({ code: 'GENERATION_CONFLICT' });
  await own.cancel(account, id);
});

scenario(
  'GIVEN a retry that waits for its hold WHEN it is cancelled THEN it stays cancelled, and nothing is charged',
  async () => {
    const { makegood: own, startWorker } = ownQueue();
    const account = await newAccount(10);
    const id = `g-${randomUUID()}`;
    const first = await startWorker();
    await own.start({ account, id, ...email(address('refused')) });
    expect(await own.result(account, id)).toMatchObject({ status: 'refunded' });
    await first.stop();
    const before = await movesOf(account);

    const retried = own.retry(account, id);
    await until('the retry', async () => (await own.describe(account, id)).workflow.status === 'RUNNING');
    await own.cancel(account, id);
    await startWorker();

    // What was refunded before stays refunded.
    expect(await retried).toMatchObject({ status: 'cancelled', charged: 1, refunded: 1 });
    await until('its end', async () => (await own.describe(account, id)).workflow.status === 'CANCELLED');
    expect(await movesOf(account)).toEqual(before);
    await until('the index', async () => (await runsOf(account, id)).count === 2);
  },
);

scenario('GIVEN a retry that waits for its hold THEN it does not look ended, neither here nor over HTTP', async () => {
  const { env, makegood: own, startWorker } = ownQueue();
  const account = await newAccount(10);
  const id = `g-${randomUUID()}`;
  const first = await startWorker();
  await own.start({ account, id, ...email(address('second-run')) });
  expect(await own.result(account, id)).toMatchObject({ status: 'refunded' });
  await first.stop();

  const hasty = client({ env, startTimeoutMs: 1_000 });
  expect(await hasty.retry(account, id)).toEqual({ status: 'pending' });
  expect(await hasty.retry(account, id)).toEqual({ status: 'pending' });
  expect(await own.describe(account, id)).toMatchObject({ end: null, record: { status: 'REFUNDED' } });
  const shown = await lookUp({ makegood: own }, account as AccountId, id as GenerationId, false);
  expect(shown).toMatchObject({ status: 'pending', reason: null, charged: 1, refunded: 1 });

  await startWorker();
  expect(await own.result(account, id)).toMatchObject({ status: 'succeeded', charged: 2, refunded: 1 });
});

scenario(
  'GIVEN a worker killed once it has refunded WHEN a retry comes first THEN it is told to come again',
  async () => {
    const { env, startWorker } = ownQueue();
    const own = client({ env, startTimeoutMs: 1_000 });
    const account = await newAccount(10);
    const id = `g-${randomUUID()}`;
    await startWorker({ NODE_ENV: 'test', MAKEGOOD_FAULT_POINT: 'refund:committed' });
    await own.submit({ account, id, ...email(address('second-run')) });
    await until('the refund', async () => (await own.describe(account, id)).record?.status === 'REFUNDED');

    // Its workflow has yet to hear of the refund: it is not the retry, and nothing else has been started.
    await expect(own.retry(account, id)).rejects.toMatchObject({ code: 'START_FAILED' });
    await startWorker();
    expect(await own.result(account, id)).toMatchObject({ status: 'refunded', charged: 1 });
    await own.retry(account, id);
    expect(await own.result(account, id)).toMatchObject({ status: 'succeeded', charged: 2, refunded: 1 });
  },
);

scenario('GIVEN a refunded one WHEN it is retried by several at once THEN it is charged again once', async () => {
  const account = await newAccount(10);
  const { id } = await run(account, address('refused'));

  await Promise.all([1, 2, 3, 4].map(() => makegood().retry(account, id)));
  const end = () => makegood().result(account, id, 30_000);
  await until('its end', async () => (await end())?.charged === 2);
  expect(await end()).toMatchObject({ status: 'refunded', charged: 2, refunded: 2 });
  await expectToAddUp(account);
});
