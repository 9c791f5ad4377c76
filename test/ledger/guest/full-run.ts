import { randomUUID } from 'node:crypto';
import pino from 'pino';
import { type Makegood, openMakegood } from '../../../client/makegood';
import { startServer } from '../../../server';
import { createKey } from '../../../server/api-keys';
import { address, onClose, spawnWorker, until } from '../../harness';

type Env = Record<string, string>;

export interface Whole {
  /** Each with its login: of a worker, of the HTTP API, of a product's backend. */
  readonly worker: Env;
  readonly server: Env;
  readonly backend: Env;
}

/** What the whole of it has to tell when it is through. */
export interface Told {
  readonly makegood: Makegood;
  readonly account: string;
  /** How each generation ended. */
  readonly ends: Readonly<Record<string, string | undefined>>;
  readonly balance: { readonly balance: number; readonly held: number };
  /** Of each entry, from the API: its kind, and how many minutes ago it was made. */
  readonly entries: readonly { readonly kind: string; readonly minutesAgo: number }[];
  readonly page: string;
}

/** Runs everything there is: worker, HTTP API and page, client; generations that succeed, fail, are cancelled, terminated. */
export async function fullRun({ worker, server, backend }: Whole): Promise<Told> {
  const queue = { MAKEGOOD_TASK_QUEUE: `q-${randomUUID()}` };
  const workerProcess = await spawnWorker({ ...worker, ...queue });
  const makegood = openMakegood({ env: { ...backend, ...queue } });
  const http = await startServer({ env: { ...server, ...queue }, log: pino({ level: 'silent' }) });
  onClose(async () => {
    await http.stop();
    await makegood.close();
    await workerProcess.kill();
  });

  const account = `guest-${randomUUID()}`;
  await makegood.grant({ account, credits: 10, reason: 'Welcome' });
  const start = (id: string, behaviour: string) =>
    makegood.start({ account, id, kind: 'email-draft', input: { to: address(behaviour), goal: 'Say hello' } });
  await Promise.all([
    start('ok', 'ok'),
    start('refused', 'refused'),
    start('cancelled', 'hang'),
    start('ended', 'hang'),
  ]);
  await makegood.cancel(account, 'cancelled');
  await makegood.context.temporal.workflow.getHandle(`makegood/${account}/ended`).terminate('by an operator');

  const { key } = await createKey(makegood.context.operator, { name: 'backend', scopes: ['admin'] });
  const call = (path: string, body?: unknown) =>
    fetch(http.url + path, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  const brief = { account, id: 'by-http', kind: 'email-draft', input: { to: address('ok'), goal: 'Say hello' } };
  expect((await call('/v1/generations?wait=30', brief)).status).toBe(200);

  const ids = ['ok', 'refused', 'cancelled', 'ended', 'by-http'];
  const ended = await Promise.all(ids.map(async (id) => [id, (await makegood.result(account, id))?.status] as const));
  await until('the sweep to give back what was terminated', async () => (await makegood.balance(account)).held === 0);

  const usage = (await (await call(`/v1/accounts/${account}/usage`)).json()) as {
    entries: { kind: string; at: string }[];
  };
  const { url } = (await (await call('/v1/usage-sessions', { account })).json()) as { url: string };
  const entered = await fetch(url, { redirect: 'manual' });
  const cookie = entered.headers.get('set-cookie')?.split(';')[0] ?? '';
  const page = await fetch(new URL(entered.headers.get('location') ?? '', url), { headers: { cookie } });
  return {
    makegood,
    account,
    ends: Object.fromEntries(ended),
    balance: await makegood.balance(account),
    entries: usage.entries.map(({ kind, at }) => ({ kind, minutesAgo: (Date.now() - Date.parse(at)) / 60_000 })),
    page: await page.text(),
  };
}

/** All of it went as it should. */
export function expectRight({ ends, balance, entries, page }: Told): void {
  expect(ends).toEqual({
    ok: 'succeeded',
    refused: 'refunded',
    cancelled: 'cancelled',
    ended: 'refunded',
    'by-http': 'succeeded',
  });
  expect(balance).toMatchObject({ balance: 8, held: 0 });
  expect(entries.map(({ kind }) => kind).sort()).toEqual(
    ['GRANT', ...Array(5).fill('RESERVE'), ...Array(3).fill('REFUND'), ...Array(2).fill('SETTLE')].sort(),
  );
  // The zones of the world differ by more than that.
  for (const { minutesAgo } of entries) expect(Math.abs(minutesAgo)).toBeLessThan(5);
  expect(page).toContain('Welcome');
}
