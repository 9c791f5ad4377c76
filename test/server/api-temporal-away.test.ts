import { makegood, newAccount } from '../harness';
import { movesOf } from '../harness/money';
import { type Api, brief, eventsOf, json, NOBODY, newKey, startApi } from './api';

// With Temporal away the ledger goes on answering, and nothing is started or charged.

let there: Api;
let away: Api;
let key: string;
beforeAll(async () => {
  there = await startApi();
  away = await startApi({ TEMPORAL_ADDRESS: NOBODY });
  key = await newKey('admin');
});

const made = async (behaviour = 'ok') => {
  const body = brief(await newAccount(), behaviour);
  await there.call('/v1/generations?wait=30', { method: 'POST', key, body });
  return body;
};

test('GIVEN Temporal is away WHEN a generation is asked for THEN 503 and when to come back, and nothing is charged', async () => {
  const account = await newAccount();
  const body = brief(account);
  const answer = await away.call('/v1/generations?wait=30', { method: 'POST', key, body });
  expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'TEMPORAL_UNREACHABLE' }]);
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await movesOf(account)).toEqual([]);
  await expect(makegood().describe(account, body.id)).rejects.toMatchObject({ code: 'UNKNOWN_GENERATION' });

  const later = await there.call('/v1/generations?wait=30', { method: 'POST', key, body });
  expect(await later.json()).toMatchObject({ status: 'succeeded', charged: 1 });
});

test('GIVEN Temporal is away THEN what the ledger knows is answered: generation, account, usage, CSV, events', async () => {
  const { account, id } = await made();
  const read = (path: string) => away.call(path, { key });
  const shown = await read(`/v1/generations/${id}?account=${account}`);
  const known = { status: 'succeeded', charged: 1, workflow: { status: 'UNKNOWN' } };
  expect([shown.status, await shown.json()]).toMatchObject([200, known]);
  expect(await (await read(`/v1/accounts/${account}`)).json()).toEqual({ account, balance: 9, held: 0 });
  expect((await json(read(`/v1/accounts/${account}/usage`))).entries).toHaveLength(3);
  expect(await (await read(`/v1/accounts/${account}/usage.csv`)).text()).toContain(id);
  for await (const { data } of eventsOf(await read(`/v1/generations/${id}/events?account=${account}`))) {
    expect(JSON.parse(data)).toMatchObject({ status: 'succeeded' });
  }
});

test('GIVEN Temporal is away WHEN a known generation is asked for again THEN 200 with its draft', async () => {
  const body = await made();
  const again = await away.call('/v1/generations', { method: 'POST', key, body });
  expect([again.status, await again.json()]).toMatchObject([200, { status: 'succeeded' }]);
});

test('GIVEN Temporal is away THEN /readyz says that it is, and that Postgres is not; /healthz is well', async () => {
  const ready = await away.call('/readyz');
  const state = await json(ready);
  expect([ready.status, state]).toMatchObject([503, { ready: false, postgres: 'ok' }]);
  expect(state.temporal).not.toBe('ok');
  expect((await away.call('/healthz')).status).toBe(200);
});

test('GIVEN a task queue without a worker THEN /readyz names it', async () => {
  const alone = await startApi({ MAKEGOOD_TASK_QUEUE: 'nobody-here' });
  const ready = await alone.call('/readyz');
  const worker = expect.stringContaining('nobody-here');
  expect([ready.status, await ready.json()]).toMatchObject([503, { postgres: 'ok', temporal: 'ok', worker }]);
});
