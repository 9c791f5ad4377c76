import { getEventListeners } from 'node:events';
import { Hono } from 'hono';
import pino from 'pino';
import { usagePage } from '../../server/page';
import { aborted, eventStream } from '../../server/sse';
import { createUsageLink } from '../../server/usage-session';
import { client, newAccount, serverEnv, until } from '../harness';

// What a stream holds while it is open, and that it gives all of it back.

const stopping = new AbortController();
const held = () => getEventListeners(stopping.signal, 'abort').length;

const env = { MAKEGOOD_SESSION_SECRET: 'a secret of the tests, of at least 32 bytes' };
const makegood = client({ env: serverEnv() });
const ctx = () => ({ makegood, env, log: pino({ level: 'silent' }), stopping: stopping.signal });
const page = () => new Hono().route('/usage', usagePage(ctx()));

/** The cookie of a customer who has opened a link to their page. */
async function signedIn(): Promise<string> {
  const { url } = await createUsageLink(ctx(), { account: await newAccount() });
  return (await page().request(url)).headers.get('set-cookie')?.split(';')[0] ?? '';
}

test('GIVEN a stream WHEN it is asked for by HEAD THEN the headers are answered and nothing is begun', async () => {
  let begun = 0;
  const app = new Hono().get('/', (c) =>
    eventStream({ stopping: stopping.signal }, c, async (_, over) => {
      begun++;
      await aborted(over);
    }),
  );
  const answer = await app.request('/', { method: 'HEAD' });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  expect([begun, held()]).toEqual([0, 0]);

  const head = await page().request('/usage/stream', { method: 'HEAD', headers: { cookie: await signedIn() } });
  expect([head.status, held()]).toEqual([200, 0]);
});

test("GIVEN a page's open stream WHEN its reader goes THEN the server holds nothing of it", async () => {
  const answer = await page().request('/usage/stream', { headers: { cookie: await signedIn() } });
  expect(held()).toBeGreaterThan(0);
  await answer.body?.cancel();
  await until('the stream to be given back', async () => held() === 0);
});

test("GIVEN a page's open stream WHEN its session expires THEN it says so and ends", async () => {
  const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.now() - 3_598_000);
  const cookie = await signedIn();
  clock.mockRestore();
  const answer = await page().request('/usage/stream', { headers: { cookie } });
  expect(answer.status).toBe(200);
  expect(await answer.text()).toMatch(/event: ended\n/);
  await until('the stream to be given back', async () => held() === 0);
});
