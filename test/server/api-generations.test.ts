import { randomUUID } from 'node:crypto';
import { client, makegood, newAccount, sandboxRequests, serverEnv } from '../harness';
import { expectToAddUp, movesOf } from '../harness/money';
import { type Api, brief, json, newKey, startApi } from './api';

let api: Api;
let key: string;
beforeAll(async () => {
  api = await startApi();
  key = await newKey('write');
});

const start = (body: unknown, wait = 0, headers: Record<string, string> = {}) =>
  api.call(`/v1/generations?wait=${wait}`, { method: 'POST', key, body, headers });

test('GIVEN a brief WHEN it is posted THEN 202 once the credits are held; ?wait brings the draft', async () => {
  const account = await newAccount(3);
  const body = brief(account);
  const first = await start(body);
  expect([first.status, await first.json()]).toMatchObject([202, { account, id: body.id, kind: 'email-draft' }]);
  const location = first.headers.get('location') as string;
  expect(location).toBe(`/v1/generations/${body.id}?account=${account}`);

  const waited = await start(body, 30);
  const shown = await api.call(location, { key });
  const output = { subject: expect.any(String), body: expect.any(String) };
  for (const response of [waited, shown]) {
    const expected = { status: 'succeeded', output, charged: 1, refunded: 0, attempts: 1, balance: 2, held: 0 };
    expect([response.status, await response.json()]).toMatchObject([200, expected]);
  }
  expect(await movesOf(account)).toEqual([`RESERVE -1 ${body.id}`, `SETTLE -1 ${body.id}`]);
});

test('GIVEN a generation that has ended WHEN it is posted again THEN it is read once', async () => {
  const account = await newAccount(3);
  const body = brief(account);
  await start(body, 30);
  const own = client({ env: serverEnv() });
  const reads = jest.spyOn(own.context.db.generation, 'findUnique');
  const { url } = await startApi({}, own);
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const answer = await fetch(`${url}/v1/generations`, { method: 'POST', headers, body: JSON.stringify(body) });
  expect([answer.status, await answer.json()]).toMatchObject([200, { status: 'succeeded' }]);
  expect(reads).toHaveBeenCalledTimes(1);
});

test('GIVEN ten requests of one id at once THEN one generation, one charge, one call of the provider', async () => {
  const account = await newAccount(10);
  const body = brief(account);
  const answers = await Promise.all(Array.from({ length: 10 }, () => start(body, 30)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  const drafts = await Promise.all(answers.map(async (answer) => (await json(answer)).output));
  expect(new Set(drafts.map((draft) => JSON.stringify(draft))).size).toBe(1);
  expect(await movesOf(account)).toEqual([`RESERVE -1 ${body.id}`, `SETTLE -1 ${body.id}`]);
  expect((await sandboxRequests({ generation: `${account}/${body.id}` })).count).toBe(1);
});

test('GIVEN no id in the body THEN Idempotency-Key is the id; GIVEN neither THEN 422, and nothing is charged', async () => {
  const account = await newAccount(5);
  const { id: _, ...body } = brief(account);
  const id = randomUUID();
  for (let time = 0; time < 2; time++) {
    const answer = await start(body, 30, { 'idempotency-key': id });
    expect([answer.status, await answer.json()]).toMatchObject([200, { id, status: 'succeeded', balance: 4 }]);
  }
  const nameless = await start(body);
  expect([nameless.status, await nameless.json()]).toMatchObject([422, { fields: [{ field: 'id' }] }]);
  await expectToAddUp(account);
  expect(await makegood().balance(account)).toMatchObject({ balance: 4, held: 0 });
});

test('GIVEN too few credits THEN 402 says balance and price, and nothing is charged', async () => {
  const account = await newAccount(1);
  await start(brief(account), 30);
  const answer = await start(brief(account));
  const problem = { code: 'INSUFFICIENT_CREDITS', balance: 0, price: 1 };
  expect([answer.status, await answer.json()]).toMatchObject([402, problem]);
  await expectToAddUp(account);
});

test('GIVEN one id and two inputs at once THEN one is made and charged, the other answers 409', async () => {
  const account = await newAccount();
  const body = brief(account);
  const other = { ...body, input: { ...body.input, goal: 'Say goodbye' } };
  const answers = await Promise.all([start(body, 30), start(other, 30)]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  expect(await movesOf(account)).toEqual([`RESERVE -1 ${body.id}`, `SETTLE -1 ${body.id}`]);
});

test('GIVEN work that fails for good THEN the refund and its attempts are told; retry charges again', async () => {
  const account = await newAccount(2);
  const body = brief(account, 'refused');
  const refunded = await json(start(body, 30));
  expect(refunded).toMatchObject({ status: 'refunded', output: null, charged: 1, refunded: 1, balance: 2, held: 0 });
  expect(refunded).toMatchObject({ reason: expect.any(String), message: expect.any(String), attempts: 1 });
  expect(refunded.failedAttempts).toMatchObject([{ number: 1, reason: refunded.reason }]);

  const path = `/v1/generations/${body.id}/retry?account=${account}&wait=30`;
  const retried = await api.call(path, { method: 'POST', key, body: {} });
  expect([retried.status, await retried.json()]).toMatchObject([200, { status: 'refunded', charged: 2, refunded: 2 }]);
  const again = await start(body, 30);
  expect(await again.json()).toMatchObject({ charged: 2, refunded: 2 });
  await expectToAddUp(account);
});

test('GIVEN work under way WHEN it is cancelled THEN the credits come back, and cancelling again changes nothing', async () => {
  const account = await newAccount(1);
  const body = brief(account, 'hang');
  expect((await start(body)).status).toBe(202);
  const path = `/v1/generations/${body.id}/cancel?account=${account}&wait=30`;
  for (let time = 0; time < 2; time++) {
    const answer = await api.call(path, { method: 'POST', key });
    expect([answer.status, await answer.json()]).toMatchObject([200, { status: 'cancelled', balance: 1, held: 0 }]);
  }
  await expectToAddUp(account);
});

test('GIVEN an account WHEN another asks for its generation THEN it is not there', async () => {
  const body = brief(await newAccount());
  await start(body, 30);
  const answer = await api.call(`/v1/generations/${body.id}?account=${await newAccount()}`, { key });
  expect([answer.status, await answer.json()]).toMatchObject([404, { code: 'UNKNOWN_GENERATION' }]);
});

test.each([
  { what: 'a field that we do not know', more: { price: 0 }, field: '' },
  { what: 'a kind that we do not have', more: { kind: 'poem' }, field: 'kind' },
  { what: 'an account with a slash', more: { account: 'a/b' }, field: 'account' },
  { what: 'a NUL in the goal', more: { input: { to: 'a@example.com', goal: 'a\0b' } }, field: 'input.goal' },
])('GIVEN $what THEN 422 names the field, and nothing is charged', async ({ more, field }) => {
  const account = await newAccount();
  const answer = await start({ ...brief(account), ...more });
  const problem = await json(answer);
  expect([answer.status, problem]).toMatchObject([422, { code: 'INVALID_INPUT' }]);
  expect((problem.fields as unknown as { field: string }[]).map((each) => each.field)).toContain(field);
  expect(await movesOf(account)).toEqual([]);
});

test('GIVEN a grant key WHEN it is sent twice THEN the credits are there once', async () => {
  const account = await newAccount(1);
  const admin = await newKey('admin');
  for (let time = 0; time < 2; time++) {
    const headers = { 'idempotency-key': 'invoice-1' };
    const body = { credits: 7, reason: 'Invoice 1' };
    const answer = await api.call(`/v1/accounts/${account}/grants`, { method: 'POST', key: admin, body, headers });
    expect([answer.status, await answer.json()]).toEqual([201, { account, granted: 7, balance: 8, held: 0 }]);
  }
});

test('GIVEN a request id THEN it is echoed; GIVEN one that could split a header THEN another', async () => {
  const ask = (id: string) => api.call('/healthz', { headers: { 'x-request-id': id } });
  expect((await ask('order-17')).headers.get('x-request-id')).toBe('order-17');
  expect((await ask('a b<script>')).headers.get('x-request-id')).not.toContain('<');
});
