import { createKey, listKeys, revokeKey } from '../../server/api-keys';
import { client, makegood, newAccount, ownerSql, serverEnv, stackEnv } from '../harness';
import { type Api, brief, json, newKey, startApi } from './api';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});

const db = () => makegood().context.operator;

test.each([
  { what: 'no key', key: undefined },
  { what: 'no key at all in the header', key: '' },
  { what: 'a key of another form', key: 'sk-123' },
  { what: 'a key that nobody made', key: `mg_0123456789abcdef_${'A'.repeat(43)}` },
])('GIVEN $what THEN 401, and how to send one', async ({ key }) => {
  const response = await api.call(`/v1/accounts/${await newAccount()}`, { key });
  expect([response.status, await response.json()]).toMatchObject([401, { code: 'UNAUTHENTICATED' }]);
  expect(response.headers.get('www-authenticate')).toMatch(/^Bearer /);
});

test('GIVEN a key with its last part altered THEN 401', async () => {
  const key = await newKey('admin');
  const altered = key.slice(0, -2) + (key.at(-2) === 'A' ? 'B' : 'A') + key.at(-1);
  const path = `/v1/accounts/${await newAccount()}`;
  expect((await api.call(path, { key })).status).toBe(200);
  expect((await api.call(path, { key: altered })).status).toBe(401);
});

// What a key of each scope may do: read < write < admin.
const MATRIX = [
  ['read', { read: 200, write: 403, admin: 403 }],
  ['write', { read: 200, write: 201, admin: 403 }],
  ['admin', { read: 200, write: 201, admin: 201 }],
] as const;

test.each(MATRIX)('GIVEN a key of the scope %s THEN it may do what its scope says, no more', async (scope, may) => {
  const account = await newAccount();
  const key = await newKey(scope);
  const post = async (path: string, body: unknown) => (await api.call(path, { method: 'POST', key, body })).status;
  expect({
    read: (await api.call(`/v1/accounts/${account}`, { key })).status,
    write: await post('/v1/usage-sessions', { account }),
    admin: await post(`/v1/accounts/${account}/grants`, { credits: 5 }),
  }).toEqual(may);
  expect(await makegood().balance(account)).toMatchObject({ balance: scope === 'admin' ? 15 : 10 });
});

test('GIVEN a wrong scope WHEN a generation is asked for THEN nothing is started or charged', async () => {
  const account = await newAccount();
  const body = brief(account);
  const response = await api.call('/v1/generations', { method: 'POST', key: await newKey('read'), body });
  expect(response.status).toBe(403);
  expect(response.headers.get('www-authenticate')).toContain('insufficient_scope');
  await expect(makegood().describe(account, body.id)).rejects.toThrow('no generation');
  expect(await makegood().balance(account)).toMatchObject({ balance: 10, held: 0 });
});

test('GIVEN a key that is revoked THEN its next request is refused, and it stays in the list', async () => {
  const { id, key } = await createKey(db(), { name: 'to be revoked', scopes: ['read'] });
  const path = `/v1/accounts/${await newAccount()}`;
  expect((await api.call(path, { key })).status).toBe(200);
  await revokeKey(db(), id);
  await revokeKey(db(), id);
  expect((await api.call(path, { key })).status).toBe(401);
  const listed = (await listKeys(db())).find((each) => each.id === id);
  expect(listed).toMatchObject({ name: 'to be revoked', revokedAt: expect.any(Date) });
  await expect(revokeKey(db(), 'ffffffffffffffff')).rejects.toMatchObject({ code: 'UNKNOWN_KEY' });
});

test('GIVEN a key THEN the database has its hash alone, and nobody writes one past its functions', async () => {
  const { id, key } = await createKey(db(), { name: 'hashed', scopes: ['read'] });
  const { rows } = await ownerSql().query('SELECT api_key::text AS row FROM api_key WHERE id = $1', [id]);
  // The secret part may itself contain an underscore.
  expect(rows[0].row).not.toContain(key.slice(`mg_${id}_`.length));
  await expect(db().$executeRaw`UPDATE makegood.api_key SET scopes = '{admin}' WHERE id = ${id}`).rejects.toThrow(
    /denied/,
  );
  await expect(db().$executeRaw`DELETE FROM makegood.api_key WHERE id = ${id}`).rejects.toThrow(/denied/);
});

test('GIVEN a generation THEN an admin key alone is shown its workflow', async () => {
  const account = await newAccount();
  const body = brief(account);
  await api.call('/v1/generations?wait=30', { method: 'POST', key: await newKey('write'), body });
  const path = `/v1/generations/${body.id}?account=${account}`;
  const seen = async (key: string) => (await api.call(path, { key })).json();
  expect(await seen(await newKey('write'))).not.toHaveProperty('workflow');
  expect(await seen(await newKey('admin'))).toMatchObject({
    workflow: { id: `makegood/${account}/${body.id}`, url: expect.stringContaining(`${stackEnv().TEMPORAL_UI_URL}`) },
  });
});

test('GIVEN a server without the login of an operator WHEN it is asked to grant THEN 403 says what is missing, and nothing is granted', async () => {
  const reader = await startApi({ MAKEGOOD_OPERATOR_DATABASE_URL: '' });
  const account = await newAccount(3);
  const refused = await reader.call(`/v1/accounts/${account}/grants`, {
    method: 'POST',
    key: await newKey('admin'),
    body: { credits: 5 },
  });
  expect([refused.status, await json(refused)]).toEqual([
    403,
    expect.objectContaining({
      code: 'OPERATOR_NEEDED',
      detail: expect.stringContaining('MAKEGOOD_OPERATOR_DATABASE_URL'),
    }),
  ]);
  expect(await makegood().balance(account)).toMatchObject({ balance: 3 });
});

test('GIVEN a backend whose login only reads WHEN it grants THEN the error says what to set; it starts generations all the same', async () => {
  const backend = client({ env: { ...serverEnv(), MAKEGOOD_OPERATOR_DATABASE_URL: '' } });
  const account = await newAccount(3);
  await expect(backend.grant({ account, credits: 5 })).rejects.toMatchObject({
    code: 'OPERATOR_NEEDED',
    message: expect.stringContaining('MAKEGOOD_OPERATOR_DATABASE_URL'),
  });
  const { id } = await backend.start({ ...brief(account), kind: 'email-draft' });
  expect(await backend.result(account, id)).toMatchObject({ status: 'succeeded' });
  expect(await backend.balance(account)).toMatchObject({ balance: 2 });
});
