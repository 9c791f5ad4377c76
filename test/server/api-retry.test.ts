import { client, makegood, newAccount, ownQueue } from '../harness';
import { expectToAddUp, movesOf } from '../harness/money';
import { type Api, brief, json, newKey, startApi } from './api';

// Cancel and retry over HTTP: what is answered is what happens, however often it is asked.

let api: Api;
let key: string;
beforeAll(async () => {
  api = await startApi();
  key = await newKey('write');
});

/** A refunded generation whose worker has gone, and an API on its queue that does not wait for long. */
async function refundedWithoutWorker() {
  const { env, makegood: own, startWorker } = ownQueue();
  const worker = await startWorker();
  const account = await newAccount(10);
  const { id, ...request } = brief(account, 'second-run');
  await own.start({ ...request, id } as never);
  expect(await own.result(account, id)).toMatchObject({ status: 'refunded' });
  await worker.stop();
  return {
    alone: await startApi({ MAKEGOOD_TASK_QUEUE: env.MAKEGOOD_TASK_QUEUE }),
    account,
    id,
    own,
    env,
    startWorker,
  };
}

test('GIVEN a retry that is pending WHEN it is cancelled THEN it is not charged, and is shown as cancelled', async () => {
  const { alone, account, id, env, startWorker } = await refundedWithoutWorker();
  const before = await movesOf(account);
  expect(await client({ env, startTimeoutMs: 500 }).retry(account, id)).toEqual({ status: 'pending' });

  const of = (what: string, query = '') => `/v1/generations/${id}${what}?account=${account}${query}`;
  const cancelled = await alone.call(of('/cancel'), { method: 'POST', key });
  expect([cancelled.status, await cancelled.json()]).toMatchObject([202, { status: 'pending' }]);
  await startWorker();
  const end = { status: 'cancelled', reason: 'CANCELLED', charged: 1, refunded: 1, output: null };
  const again = await alone.call(of('/cancel', '&wait=30'), { method: 'POST', key });
  expect([again.status, await again.json()]).toMatchObject([200, end]);
  expect(await json(alone.call(of(''), { key }))).toMatchObject(end);
  expect(await movesOf(account)).toEqual(before);
  await expectToAddUp(account);
});

const retryPath = (account: string, id: string, wait = 0) =>
  `/v1/generations/${id}/retry?account=${account}&wait=${wait}`;

/** A refunded generation, and how to ask for its retry. */
async function refunded(behaviour = 'refused') {
  const account = await newAccount(10);
  const { id, ...request } = brief(account, behaviour);
  await makegood().start({ ...request, id } as never);
  await makegood().result(account, id, 30_000);
  const retry = (body: unknown, headers: Record<string, string> = {}, wait = 30) =>
    api.call(retryPath(account, id, wait), { method: 'POST', key, body, headers });
  return { account, id, retry };
}

test.each([
  { what: 'after in the body', body: { after: 1 }, headers: {} },
  { what: 'an Idempotency-Key', body: {}, headers: { 'idempotency-key': '"order 17, again"' } },
])(
  'GIVEN $what WHEN a retry is sent three times THEN it is one try, and all are told of it',
  async ({ body, headers }) => {
    const { account, id, retry } = await refunded();
    for (let time = 0; time < 3; time++) {
      const answer = await retry(body, headers);
      expect([answer.status, await answer.json()]).toMatchObject([
        200,
        { status: 'refunded', charged: 2, refunded: 2 },
      ]);
    }
    const pair = [`RESERVE -1 ${id}`, `REFUND 1 ${id} PROVIDER_REFUSED`];
    expect(await movesOf(account)).toEqual([...pair, ...pair]);
    await expectToAddUp(account);
  },
);

test.each<{
  what: string;
  body: unknown;
  headers?: Record<string, string>;
  status: number;
  code: string;
  detail: RegExp;
}>([
  {
    what: 'after that is no number',
    body: { after: 'one' },
    status: 422,
    code: 'INVALID_INPUT',
    detail: /^after: must be the whole number/,
  },
  {
    what: 'after that is not whole',
    body: { after: 1.5 },
    status: 422,
    code: 'INVALID_INPUT',
    detail: /^after: must be the whole number/,
  },
  {
    what: 'after 0',
    body: { after: 0 },
    status: 422,
    code: 'INVALID_INPUT',
    detail: /^after: refunds are numbered from 1/,
  },
  {
    what: 'after beyond the newest',
    body: { after: 2 },
    status: 422,
    code: 'INVALID_INPUT',
    detail: /^after: there is no refund 2/,
  },
  {
    what: 'both',
    body: { after: 1 },
    headers: { 'idempotency-key': 'k' },
    status: 422,
    code: 'INVALID_INPUT',
    detail: /Give one of the two/,
  },
  {
    what: 'an empty key',
    body: {},
    headers: { 'idempotency-key': '""' },
    status: 422,
    code: 'INVALID_INPUT',
    detail: /^key: must not be empty/,
  },
  {
    what: 'a key that is too long',
    body: {},
    headers: { 'idempotency-key': 'k'.repeat(201) },
    status: 422,
    code: 'INVALID_INPUT',
    detail: /200/,
  },
  { what: 'a field that we do not know', body: { before: 1 }, status: 422, code: 'INVALID_INPUT', detail: /before/ },
])(
  'GIVEN a retry with $what THEN $status says so, and nothing is charged',
  async ({ body, headers, status, code, detail }) => {
    const { account, id, retry } = await refunded();
    const answer = await retry(body, headers, 0);
    expect(answer.headers.get('content-type')).toMatch('application/problem+json');
    expect([answer.status, await answer.json()]).toMatchObject([
      status,
      { code, detail: expect.stringMatching(detail) },
    ]);
    expect(await movesOf(account)).toHaveLength(2);
    expect(await json(api.call(`/v1/generations/${id}?account=${account}`, { key }))).toMatchObject({ charged: 1 });
  },
);
