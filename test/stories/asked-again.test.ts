import { randomUUID } from 'node:crypto';
import { freePort } from '../../dev/ports';
import { address, client, makegood, newAccount, ownQueue, stackEnv, until } from '../harness';
import { expectToAddUp, movesOf } from '../harness/money';
import { asked, email, run, story } from './telling';

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
  story.each(['ok', 'refused'])(
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

  story('GIVEN a new id THEN it is started all the same, and runs', async () => {
    const account = await newAccount(10);
    const id = `g-${randomUUID()}`;
    expect(await (await blind()).start({ account, id, ...email(address('ok')) })).toMatchObject({ status: 'held' });
    expect(await makegood().result(account, id, 30_000)).toMatchObject({ status: 'succeeded', charged: 1 });
  });
});

story('GIVEN one turned away for lack of credits WHEN it is submitted again after a grant THEN it runs', async () => {
  const account = await newAccount(1);
  const other = await run(account, address('ok'));
  expect(other.end).toMatchObject({ status: 'succeeded' });
  const request = { account, id: `g-${randomUUID()}`, ...email(address('ok')) };
  await makegood().submit(request);
  expect(await makegood().result(account, request.id, 30_000)).toMatchObject({ reason: 'INSUFFICIENT_CREDITS' });

  await makegood().grant({ account, credits: 5 });
  await makegood().submit(request);
  const end = () => makegood().result(account, request.id, 30_000);
  await until('the draft', async () => (await end())?.status === 'succeeded');
  await expectToAddUp(account);
});

story('GIVEN one that waits for a worker WHEN another input comes under its id THEN a conflict', async () => {
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

story(
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

    // What the ledger knows of it is the first refund.
    expect(await retried).toMatchObject({ status: 'refunded', charged: 1, refunded: 1 });
    await until('its end', async () => (await own.describe(account, id)).workflow.status === 'CANCELLED');
    expect(await movesOf(account)).toEqual(before);
    await until('the index', async () => (await runsOf(account, id)).count === 2);
  },
);

story('GIVEN a refunded one WHEN it is retried by several at once THEN it is charged again once', async () => {
  const account = await newAccount(10);
  const { id } = await run(account, address('refused'));

  await Promise.all([1, 2, 3, 4].map(() => makegood().retry(account, id)));
  const end = () => makegood().result(account, id, 30_000);
  await until('its end', async () => (await end())?.charged === 2);
  expect(await end()).toMatchObject({ status: 'refunded', charged: 2, refunded: 2 });
  await expectToAddUp(account);
});
