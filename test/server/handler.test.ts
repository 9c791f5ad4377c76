import pino from 'pino';
import { type HandlerSetup, makegoodHandler } from '../../server';
import { createKey } from '../../server/api-keys';
import { client, makegood, newAccount, serverEnv } from '../harness';
import { brief, eventsOf, newKey } from './api';

// The API inside an app of somebody's own: no port, no server of ours.

const ORIGIN = 'https://app.example.com';

function mounted(setup: Partial<HandlerSetup> = {}) {
  const handler = makegoodHandler({
    ...{ makegood: client({ env: serverEnv() }), env: serverEnv(), publicUrl: ORIGIN, log: pino({ level: 'silent' }) },
    ...setup,
  });
  return (path: string, init?: RequestInit) => handler(new Request(ORIGIN + path, init));
}

test('GIVEN an app that mounts the handler WHEN its backend starts a generation THEN it is delivered and charged', async () => {
  const call = mounted();
  const account = await newAccount(3);
  const headers = { authorization: `Bearer ${await newKey('write')}`, 'content-type': 'application/json' };
  const body = JSON.stringify(brief(account));
  const answer = await call('/v1/generations?wait=30', { method: 'POST', headers, body });
  expect(await answer.json()).toMatchObject({ account, status: 'succeeded' });
  expect(await makegood().balance(account)).toMatchObject({ balance: 2, held: 0 });
});

test('GIVEN an app that mounts the handler WHEN it asks for a link to the usage page THEN the link leads to the app, and the page opens', async () => {
  const call = mounted();
  const account = await newAccount(3);
  const { key } = await createKey(makegood().context.operator, { name: 'test', scopes: ['write'] });
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const made = await call('/v1/usage-sessions', { method: 'POST', headers, body: JSON.stringify({ account }) });
  const { url } = (await made.json()) as { url: string };
  expect(url.startsWith(`${ORIGIN}/usage/enter?`)).toBe(true);
  const entered = await call(url.slice(ORIGIN.length));
  const cookie = entered.headers.get('set-cookie') as string;
  expect(cookie).toContain('Secure');
  const page = await call('/usage', { headers: { cookie: cookie.split(';')[0] as string } });
  expect(page.status).toBe(200);
  expect((await call('/elsewhere')).status).toBe(404);
});

test('GIVEN a stream of an app that stops WHEN its signal is aborted THEN the stream ends', async () => {
  const stopping = new AbortController();
  const call = mounted({ signal: stopping.signal });
  const account = await newAccount(3);
  const headers = { authorization: `Bearer ${await newKey('read')}` };
  const stream = await call(`/v1/accounts/${account}/usage/stream?after=0`, { headers });
  const events = eventsOf(stream);
  expect((await events.next()).done).toBe(false);
  stopping.abort();
  expect((await events.next()).done).toBe(true);
});

test('GIVEN no public address WHEN a handler is made THEN the error says what to set', () => {
  const env = { ...serverEnv(), MAKEGOOD_PUBLIC_URL: undefined };
  expect(() => makegoodHandler({ makegood: makegood(), env })).toThrow(/MAKEGOOD_PUBLIC_URL/);
});
