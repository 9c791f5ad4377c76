import { randomUUID } from 'node:crypto';
import type { TriesOptions } from '../../kinds/tries';
import { startWorker } from '../../worker';
import { address, client, newAccount, onClose, ownQueue, sandboxRequests, until } from '../harness';
import { expectToAddUp, movesOf } from '../harness/money';

// A worker that lives, and is too busy to be heard of. It works in this process, whose event loop the test blocks.

/** Longer than the heartbeat time-out of a draft, with a moment for the last beat. */
const BLOCKED_MS = 4_000;

async function drafting(provider: string, tries: TriesOptions) {
  const { env } = ownQueue({ MAKEGOOD_LOG: 'silent' });
  const makegood = client({ env, tries });
  const worker = await startWorker({ env });
  onClose(() => worker.stop());
  const account = await newAccount();
  const to = address(provider);
  const id = `g-${randomUUID()}`;
  await makegood.start({ account, id, kind: 'email-draft', input: { to, goal: 'Thank them' } });
  await until('the provider call', async () => (await sandboxRequests({ to })).count > 0);
  const attempts = async () =>
    (await makegood.describe(account, id)).record?.attempts.map(({ number, reason }) => `${number} ${reason}`) ?? [];
  return { makegood, account, id, attempts };
}

function block(): void {
  for (const end = Date.now() + BLOCKED_MS; Date.now() < end; );
}

test('GIVEN a worker too busy to beat WHEN the draft is tried again THEN no attempt is listed as that of a lost worker', async () => {
  const { makegood, account, id, attempts } = await drafting('slow-3s', {});

  block();

  expect(await makegood.result(account, id)).toMatchObject({ status: 'succeeded', charged: 1, refunded: 0 });
  // The next may have been given to it, and up, while it was still too busy to begin.
  const listed = await attempts();
  expect(listed.length).toBeGreaterThanOrEqual(1);
  expect(listed).toEqual(listed.map((_, index) => `${index + 1} WORKER_OVERLOADED`));
});

test('GIVEN a worker too busy to beat WHEN it was the last attempt THEN the customer reads that we were too busy', async () => {
  const { makegood, account, id, attempts } = await drafting('hang', { attempts: 1 });

  block();

  const end = await makegood.result(account, id);
  // Both wait for the same busy worker: where the refund comes first, it can only tell that the attempt was interrupted.
  const told = end?.status === 'refunded' && end.reason === 'WORKER_LOST' ? 'WORKER_LOST' : 'WORKER_OVERLOADED';
  expect(end).toMatchObject({
    status: 'refunded',
    reason: told,
    message: expect.stringMatching(
      /^(We were too busy to finish the work in time|The work was interrupted on our side); we tried once\.$/,
    ),
  });
  await until('the word of its own worker', async () => (await attempts()).join() === '1 WORKER_OVERLOADED');
  expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`, `REFUND 1 ${id} ${told}`]);
  await expectToAddUp(account);
});

test('GIVEN a worker too busy for a moment WHEN Temporal has not given it up THEN nothing is listed', async () => {
  const { makegood, account, id, attempts } = await drafting('slow-3s', { heartbeatTimeout: 30_000 });

  block();

  expect(await makegood.result(account, id)).toMatchObject({ status: 'succeeded' });
  expect(await attempts()).toEqual([]);
});
