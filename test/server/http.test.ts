import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import { ERRORS } from '../../errors';
import { PACKAGE_ROOT } from '../../package-root';
import { type ServerSetup, startServer } from '../../server';
import { createKey } from '../../server/api-keys';
import { problemPath } from '../../server/problems';
import { address, makegood, newAccount, onClose, ownQueue, serverEnv, stackEnv, until } from '../harness';
import { grantMany } from './grant-many';

// The server as a server: ready or not, told to stop, with clients that mean no good.

async function open(setup: Partial<ServerSetup> = {}) {
  const log = pino({ level: 'silent' });
  const server = await startServer({ ...setup, log, env: { ...serverEnv(), ...setup.env } });
  onClose(() => server.stop());
  const { key } = await createKey(makegood().context.operator, { name: 'test', scopes: ['admin'] });
  const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' };
  return {
    ...server,
    key,
    get: (path: string, init: RequestInit = {}) => fetch(server.url + path, { headers, ...init }),
    post: (path: string, body: unknown) =>
      fetch(server.url + path, { method: 'POST', headers, body: JSON.stringify(body) }),
  };
}

/** Nothing listens there. */
const NOBODY = '127.0.0.1:9';

describe('readiness', () => {
  test('a task queue without a worker is not ready, and says so; with one it is', async () => {
    const queue = ownQueue();
    const { get } = await open({ env: queue.env });
    const before = await get('/readyz');
    expect(before.status).toBe(503);
    expect(await before.json()).toEqual({
      ready: false,
      postgres: 'ok',
      temporal: 'ok',
      worker: expect.stringContaining(queue.env.MAKEGOOD_TASK_QUEUE as string),
    });
    await queue.startWorker();
    await until('readiness', async () => (await get('/readyz')).status === 200);
    expect(await (await get('/readyz')).json()).toEqual({ ready: true, postgres: 'ok', temporal: 'ok', worker: 'ok' });
  });

  test('without Temporal the process is alive and not ready', async () => {
    const { get } = await open({ env: { TEMPORAL_ADDRESS: NOBODY } });
    expect((await get('/healthz')).status).toBe(200);
    const ready = await get('/readyz');
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({
      ready: false,
      postgres: 'ok',
      temporal: expect.stringContaining('not reachable'),
    });
  });

  test('without Postgres nobody is let in, and the answer tells neither host nor role', async () => {
    const { get } = await open({ env: { DATABASE_URL: `postgresql://nosuchrole:secret@${NOBODY}/nosuchbase` } });
    expect((await get('/healthz')).status).toBe(200);
    expect(await (await get('/readyz')).json()).toMatchObject({
      ready: false,
      postgres: expect.stringContaining('not reachable'),
    });
    const refused = await get('/v1/accounts/acme');
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('5');
    const text = await refused.text();
    expect(JSON.parse(text)).toMatchObject({ code: 'POSTGRES_UNREACHABLE' });
    expect(text).not.toMatch(/nosuch|secret|127\.0\.0\.1/);
  });
});

test.each([
  ['MAKEGOOD_SESSION_SECRET', 'too short'],
  ['MAKEGOOD_PUBLIC_URL', 'javascript:alert(1)'],
  ['MAKEGOOD_PUBLIC_URL', 'https://example.com/billing'],
  ['MAKEGOOD_THEME_CSS', '/nowhere/theme.css'],
  ['MAKEGOOD_HOST', '203.0.113.1'],
  ['MAKEGOOD_LOG_LEVEL', 'loud'],
])('%s that is not valid is refused at the start, by name', async (name, value) => {
  const start = startServer({ env: { ...stackEnv(), [name]: value } });
  await expect(start).rejects.toMatchObject({ code: 'INVALID_SETTING', message: expect.stringContaining(name) });
});

describe('told to stop', () => {
  test('GIVEN a request that waits and an open stream WHEN the server stops THEN the one is answered and the other ended', async () => {
    const server = await open();
    const account = await newAccount();
    const stream = await server.get(`/v1/accounts/${account}/usage/stream`);
    const waiting = server.post('/v1/generations?wait=60', {
      account,
      id: 'g1',
      kind: 'email-draft',
      input: { to: address('slow-30s'), goal: 'Wait' },
    });
    await until('the hold', async () => (await makegood().balance(account)).held === 1);

    await server.stop();

    const answer = await waiting;
    expect(answer.status).toBe(202);
    expect(await answer.json()).toMatchObject({ id: 'g1', status: 'held' });
    await stream.text().catch(() => 'cut'); // Ends either way, or this test does not.
    await expect(server.get('/healthz')).rejects.toThrow();
    await makegood().cancel(account, 'g1');
  });

  test('stopping twice is stopping once', async () => {
    const server = await open();
    await Promise.all([server.stop(), server.stop()]);
    await server.stop();
  });
});

describe('clients that mean no good', () => {
  test('one that asks for much and reads nothing is cut off; one that reads has all of it', async () => {
    const patient = await open();
    const { url, key } = await open({ idleTimeoutMs: 1_000 });
    const account = await newAccount(1);
    // Far more than the socket buffers of both sides hold.
    await grantMany(account, 20_000, 1, 'x'.repeat(1_200));
    const path = `/v1/accounts/${account}/usage.csv`;
    const whole = (await (await patient.get(path)).text()).length;
    expect(whole).toBeGreaterThan(20_000 * 1_200);

    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    let cut = false;
    socket.on('error', () => {
      cut = true;
    });
    await once(socket, 'connect');
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${key}\r\n\r\n`);
    socket.pause();
    await until('the cut', async () => {
      await sleep(3_000); // Some idle time-outs: what we send now and then to see whether we are heard is no sign of life.
      socket.write('\r\n');
      return cut;
    });
    expect(socket.bytesRead).toBeLessThan(whole);
  });

  test('a body without a length that grows beyond the limit is refused', async () => {
    const { get } = await open();
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new TextEncoder().encode('x'.repeat(64 * 1024))),
    });
    const answer = await get('/v1/generations', { method: 'POST', body: endless, duplex: 'half' } as RequestInit).catch(
      () => undefined, // Cut while it is still sending: refused as well.
    );
    if (answer) expect(answer.status).toBe(413);
    expect((await get('/healthz')).status).toBe(200);
  });

  test('formulas in a CSV are text', async () => {
    const { get } = await open();
    const account = await newAccount(1);
    const reasons = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', 'a "quoted", one', '<script>'];
    for (const reason of reasons) await makegood().grant({ account, credits: 1, reason });
    const csv = await (await get(`/v1/accounts/${account}/usage.csv`)).text();
    const cells = csv.split('\r\n').map((line) => line.split(',').slice(9, -3).join(','));
    expect(cells.slice(1, 8).reverse()).toEqual([
      "'=1+1",
      "'+1",
      "'-1",
      "'@SUM(A1)",
      "'\t=1",
      '"a ""quoted"", one"',
      '<script>',
    ]);
  });
});

test('the statement of a period is the sum of its entries, and adds up', async () => {
  const { get } = await open();
  const account = await newAccount(5);
  const middle = new Date(Date.now() + 1).toISOString();
  await sleep(5); // The second grant is of the second period.
  await makegood().grant({ account, credits: 3 });
  const { id } = await makegood().start({
    account,
    kind: 'email-draft',
    input: { to: address('refused'), goal: 'No' },
  });
  await makegood().result(account, id);
  const of = async (query: string) => (await get(`/v1/accounts/${account}/statement${query}`)).json();
  const now = { account, balance: 8, held: 0, selected: null };
  const moved = { granted: 8, refunded: 1, charged: 1 };
  expect(await of('')).toEqual({ ...now, ...moved, opening: 0, closing: 8 });
  expect(await of(`?from=${middle}`)).toEqual({ ...now, ...moved, granted: 3, opening: 5, closing: 8 });
  expect(await of(`?to=${middle}`)).toEqual({ ...now, granted: 5, refunded: 0, charged: 0, opening: 0, closing: 5 });
});

describe('what is documented', () => {
  test('each problem type is explained where it leads to, and stands in docs/errors.md', async () => {
    const { get } = await open();
    const docs = await readFile(join(PACKAGE_ROOT, 'docs/errors.md'), 'utf8');
    for (const [code, { status, title }] of Object.entries(ERRORS)) {
      const page = await get(problemPath(code));
      expect(page.status).toBe(200);
      expect(await page.text()).toContain(code);
      expect(docs).toContain(`| ${status} | \`${code}\` | ${title} |`);
    }
    expect((await get('/problems/no-such')).status).toBe(404);
  });

  test('a path that there is, by a method that it does not take, answers with those it takes', async () => {
    const { get } = await open();
    const answer = await get('/v1/accounts/acme/usage', { method: 'DELETE' });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('GET, HEAD');
    expect((await get('/v1/no/such')).status).toBe(404);
  });

  test('the reference names every operation and loads nothing from elsewhere', async () => {
    const { get } = await open();
    const { paths } = (await (await get('/openapi.json')).json()) as { paths: Record<string, object> };
    const answer = await get('/docs');
    const html = await answer.text();
    for (const path of Object.keys(paths)) expect(html).toContain(`<code>${path}</code>`);
    expect(html).not.toMatch(/<script|<link|src=|url\(|@import/);
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
  });
});
