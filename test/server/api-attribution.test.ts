import { randomUUID } from 'node:crypto';
import { registerNamespace } from '../../ledger/credits';
import type { AccountId } from '../../ledger/ids';
import { makegood, newAccount } from '../harness';
import { callerOf, TEST_NAMESPACE } from '../harness/ledger';
import { type Api, brief, json, newKey, startApi } from './api';

const ADA = { user: 'ada', campaign: 'spring', metadata: { team: 'sales' } };
const NOBODY = { user: null, campaign: null, metadata: {} };

let api: Api;
let key: string;
beforeAll(async () => {
  api = await startApi();
  key = await newKey('write');
});

const get = (path: string) => json(api.call(path, { key }));
const start = (account: string, more: object, id: string = randomUUID(), behaviour = 'ok') =>
  api.call('/v1/generations?wait=30', { method: 'POST', key, body: { ...brief(account, behaviour, id), ...more } });
const ids = async (path: string) =>
  ((await get(path)).generations as unknown as { id: string }[]).map((generation) => generation.id);

test('GIVEN a start with a user, a campaign and metadata THEN the generation, the usage and the CSV tell them', async () => {
  const account = await newAccount();
  expect(await json(start(account, ADA, 'with'))).toMatchObject({ status: 'succeeded', ...ADA });
  expect(await json(start(account, {}, 'without'))).toMatchObject({ status: 'succeeded', ...NOBODY });
  expect(await get(`/v1/generations/with?account=${account}`)).toMatchObject(ADA);
  const { entries } = await get(`/v1/accounts/${account}/usage?user=ada&metadata=team:sales`);
  expect(entries).toMatchObject([
    { kind: 'SETTLE', generation: 'with', cost: 1, ...ADA },
    { kind: 'RESERVE', generation: 'with', cost: 1, ...ADA },
  ]);
  const csv = await (await api.call(`/v1/accounts/${account}/usage.csv?campaign=spring`, { key })).text();
  expect(csv.trimEnd().split('\r\n').slice(1)).toEqual([
    expect.stringMatching(/^2,.*,RESERVE,-1,1,9,with,.*,ada,spring,"{""team"":""sales""}"$/),
  ]);
  const statement = await get(`/v1/accounts/${account}/statement?work=email-draft&user=ada`);
  expect(statement).toMatchObject({ charged: 2, closing: 8, selected: { charged: 1, refunded: 0, spent: 1 } });
  expect((await get(`/v1/accounts/${account}/statement`)).selected).toBeNull();
});

test('GIVEN an id that is known WHEN it is started with another attribution THEN the first stands, and nothing is charged', async () => {
  const account = await newAccount();
  const { input } = brief(account);
  await start(account, { input, ...ADA }, 'twice');
  const again = await start(account, { input, user: 'bob' }, 'twice');
  expect([again.status, await json(again)]).toMatchObject([200, { ...ADA, charged: 1, balance: 9 }]);
});

test.each<[string, object, RegExp]>([
  ['a user that is too long', { user: 'x'.repeat(129) }, /^user: must be at most 128 characters/],
  ['a campaign that Postgres cannot store', { campaign: 'a\0b' }, /^campaign: must not contain NUL/],
  ['a value that is no text', { metadata: { a: 1 } }, /^metadata\.a: /],
  [
    '17 pairs',
    { metadata: Object.fromEntries([...Array(17).keys()].map((n) => [`k${n}`, 'v'])) },
    /^metadata: must be at most 16 pairs/,
  ],
])('GIVEN %s THEN it is refused, and nothing is written', async (_, more, says) => {
  const account = await newAccount();
  const refused = await start(account, more);
  expect([refused.status, (await json(refused)).detail]).toEqual([422, expect.stringMatching(says)]);
  expect(await ids(`/v1/generations?account=${account}`)).toEqual([]);
  expect(await makegood().balance(account)).toMatchObject({ balance: 10, held: 0 });
});

test('GIVEN generations THEN they are listed newest first, page by page, by status, user and period', async () => {
  const account = await newAccount();
  await start(account, ADA, 'one');
  await start(account, { user: 'bob' }, 'two', 'refused');
  await start(account, ADA, 'three');
  const list = `/v1/generations?account=${account}`;
  const first = await get(`${list}&limit=2`);
  expect(first.generations).toMatchObject([
    { id: 'three', kind: 'email-draft', status: 'succeeded', charged: 1, refunded: 0, ...ADA },
    { id: 'two', status: 'refunded', reason: 'PROVIDER_REFUSED', charged: 1, refunded: 1, user: 'bob' },
  ]);
  expect(await get(`${list}&limit=2&cursor=${first.next}`)).toMatchObject({ generations: [{ id: 'one' }], next: null });
  expect(await ids(`${list}&status=succeeded`)).toEqual(['three', 'one']);
  expect(await ids(`${list}&user=bob`)).toEqual(['two']);
  expect(await ids(`${list}&campaign=spring&kind=email-draft&metadata=team:sales`)).toEqual(['three', 'one']);
  expect(await ids(`${list}&kind=summary`)).toEqual([]);
  expect(await ids(`${list}&to=2020-01-01T00:00:00Z`)).toEqual([]);
  expect((await api.call(`${list}&status=lost`, { key })).status).toBe(422);
  expect((await api.call(`${list}&metadata=team`, { key })).status).toBe(422);
});

test('GIVEN work that cost less than was held THEN one line of the CSV, and a statement of what it cost', async () => {
  const account = await newAccount(1_000);
  const caller = callerOf(account as AccountId, { generation: 'metered', price: 120, user: 'ada' });
  await registerNamespace(makegood().context.db, TEST_NAMESPACE);
  await caller.reserve();
  await caller.settle(undefined, 14);
  const csv = await (await api.call(`/v1/accounts/${account}/usage.csv`, { key })).text();
  const lines = csv.trimEnd().split('\r\n').slice(1);
  expect(
    lines.map((line) =>
      line
        .split(',')
        .filter((_, column) => column !== 1)
        .slice(0, 6),
    ),
  ).toEqual([
    ['2', 'RESERVE', '-14', '120', '986', 'metered'],
    ['1', 'GRANT', '1000', '0', '1000', ''],
  ]);
  const sums = { opening: 0, granted: 1_000, charged: 14, refunded: 0, closing: 986 };
  const spent = { charged: 14, refunded: 0, spent: 14 };
  expect(await get(`/v1/accounts/${account}/statement?user=ada`)).toMatchObject({ ...sums, selected: spent });
});
