import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { type Makegood, openMakegood } from '../client/makegood';
import { inOurSchema } from '../prisma/schema-name';
import { createKey } from '../server/api-keys';
import type { Usage } from './api-server';
import { latency, together } from './measure';

/** Reads of one kind a round, and rounds in which both accounts have their turn: the machine's noise falls on both. */
const READS = 200;
const ROUNDS = 5;
/** As many as a product's backend has under way at a time. */
const AT_ONCE = 4;
const ENTRIES = { many: 1_000_000, few: 100 };
const PAGE = 25;

const STREAMS = 200;
/** Each is followed by ten: a customer's open windows, and their colleagues'. */
const STREAMED_ACCOUNTS = 20;
const ARRIVALS = 200;
/** Ten entries a second, each told to ten streams. */
const BETWEEN_ARRIVALS_MS = 100;
/** What was written last has a few polls of the feed to arrive. */
const LATEST_MS = 5_000;

type Env = Readonly<Record<string, string | undefined>>;
interface Api {
  readonly url: string;
  readonly headers: { readonly authorization: string };
  usage(): Promise<Usage>;
}

/** Measures the HTTP API over the stack of `env`, with the login that is the API's in `serverEnv`, and prints what it found. */
export async function measureApi(env: Env, serverEnv: Env): Promise<void> {
  const makegood = openMakegood({ env });
  const server = fork(join(__dirname, 'api-server.js'), {
    env: { ...serverEnv, MAKEGOOD_LOG_LEVEL: 'error' } as NodeJS.ProcessEnv,
  });
  try {
    const [url] = (await firstMessage(server)) as [string];
    const { key } = await createKey(makegood.context.operator, { name: 'bench', scopes: ['read'] });
    const usage = async () => {
      server.send('usage');
      return ((await firstMessage(server)) as [Usage])[0];
    };
    const api: Api = { url, headers: { authorization: `Bearer ${key}` }, usage };
    await measureReads(env, api);
    await measureStreams(makegood, api);
  } finally {
    if (server.connected) server.disconnect();
    if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
    await makegood.close();
  }
}

/** What it says next; an error where it ends instead. */
function firstMessage(server: ChildProcess): Promise<unknown[]> {
  const ended = new AbortController();
  const message = once(server, 'message', { signal: ended.signal });
  const end = () => ended.abort(new Error('the API server has ended'));
  server.once('exit', end);
  return message.finally(() => server.off('exit', end));
}

async function measureReads(env: Env, api: Api): Promise<void> {
  const accounts = { many: await filled(env, ENTRIES.many), few: await filled(env, ENTRIES.few) };
  /** Cursors of the newest page, of one in the middle and of the oldest. */
  const cursors = (entries: number) => [entries + 1, Math.floor(entries / 2), PAGE + 1];
  const read = async (which: keyof typeof ENTRIES, index: number) => {
    const cursor = cursors(ENTRIES[which])[index % 3];
    const path = `/v1/accounts/${accounts[which]}/usage?limit=${PAGE}&cursor=${cursor}`;
    const response = await fetch(api.url + path, { headers: api.headers });
    const { entries } = (await response.json()) as { entries: unknown[] };
    if (entries.length !== PAGE) throw new Error(`${response.status}: ${entries.length} entries instead of ${PAGE}`);
  };
  const samples = { many: [] as number[], few: [] as number[] };
  for (const which of ['many', 'few'] as const) await together(READS, AT_ONCE, (index) => read(which, index)); // Warm.
  for (let round = 0; round < ROUNDS; round++) {
    for (const which of ['many', 'few'] as const) {
      samples[which].push(...(await together(READS, AT_ONCE, (index) => read(which, index))).samples);
    }
  }
  const [many, few] = [latency(samples.many), latency(samples.few)];
  console.log(`\nThe HTTP API: a page of ${PAGE} entries, newest, middle and oldest in turn, ${AT_ONCE} at once`);
  line(`account of ${ENTRIES.many} entries`, `p50 ${many.p50.toFixed(1)} ms, p99 ${many.p99.toFixed(1)} ms`);
  line(`account of ${ENTRIES.few} entries`, `p50 ${few.p50.toFixed(1)} ms, p99 ${few.p99.toFixed(1)} ms`);
  const ratio = many.p99 / few.p99;
  line('p99, million / hundred', `${ratio.toFixed(2)}  (<= 2: ${ratio <= 2 ? 'yes' : 'no'})`);
}

/** An account with so many grants of one credit, written by the owner of the tables: a million commits would take long. */
async function filled(env: Env, entries: number): Promise<string> {
  const account = `bench-${randomUUID()}`;
  const owner = new Client(inOurSchema(env.MAKEGOOD_OWNER_DATABASE_URL as string));
  await owner.connect();
  try {
    // Nobody audits this account: one digest stands for all.
    await owner.query(
      `INSERT INTO account (id, balance, last_seq, genesis, head, salt)
       SELECT $1, $2::int, $2::int, digest, digest, gen_random_uuid() FROM sha256('bench') AS digest`,
      [account, entries],
    );
    await owner.query(
      `INSERT INTO ledger_entry (account_id, seq, at, kind, balance_delta, held_delta, balance_after, idempotency_key,
                                 message, content, hash)
       SELECT $1, n, now(), 'GRANT', 1, 0, n, 'bench-' || n, 'For the benchmark', digest, digest
         FROM generate_series(1, $2::int) AS n, sha256('bench') AS digest`,
      [account, entries],
    );
    await owner.query('ANALYZE ledger_entry');
  } finally {
    await owner.end();
  }
  return account;
}

async function measureStreams(makegood: Makegood, api: Api): Promise<void> {
  const accounts = Array.from({ length: STREAMED_ACCOUNTS }, () => `bench-${randomUUID()}`);
  for (const account of accounts) await makegood.grant({ account, credits: 1, reason: 'first' });
  const before = await api.usage();

  const committed = new Map<string, number>();
  const arrived: { reason: string; at: number }[] = [];
  const over = new AbortController();
  const streams = await Promise.all(
    Array.from({ length: STREAMS }, (_, index) => {
      const path = `/v1/accounts/${accounts[index % STREAMED_ACCOUNTS]}/usage/stream?after=1`;
      return fetch(api.url + path, { headers: api.headers, signal: over.signal });
    }),
  );
  const following = streams.map((stream) =>
    follow(stream, (reason) => arrived.push({ reason, at: performance.now() })),
  );
  const connected = await api.usage();

  const began = performance.now();
  for (let n = 0; n < ARRIVALS; n++) {
    const reason = `entry ${n}`;
    await makegood.grant({ account: accounts[n % STREAMED_ACCOUNTS] as string, credits: 1, reason });
    committed.set(reason, performance.now());
    await sleep(BETWEEN_ARRIVALS_MS);
  }
  const expected = (ARRIVALS * STREAMS) / STREAMED_ACCOUNTS;
  for (const deadline = performance.now() + LATEST_MS; arrived.length < expected && performance.now() < deadline; ) {
    await sleep(BETWEEN_ARRIVALS_MS);
  }
  const elapsed = performance.now() - began;
  const after = await api.usage();
  over.abort();
  await Promise.all(following);

  // The event may overtake the acknowledgement of the commit.
  const delays = arrived.map(({ reason, at }) => Math.max(0, at - (committed.get(reason) ?? at)));
  const { p50, p99 } = latency(delays);
  const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MB`;
  console.log(`\nThe HTTP API: ${STREAMS} open streams, ${1000 / BETWEEN_ARRIVALS_MS} entries a second`);
  line('events that arrived', `${arrived.length} of ${expected}`);
  line('from commit to event', `p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`);
  line(
    'memory: before, connected, after',
    [before, connected, after].map(({ memory }) => megabytes(memory)).join(', '),
  );
  line('CPU of the server', `${(((after.cpu - connected.cpu) / elapsed) * 100).toFixed(0)} % of one core`);
}

/** Calls `seen` with the reason of each entry, until the stream is let go. */
async function follow(stream: Response, seen: (reason: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const bytes of stream.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(bytes, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (data) seen((JSON.parse(data) as { message: string }).message);
      }
    }
  } catch (error) {
    if ((error as Error).name !== 'AbortError') throw error; // Let go.
  }
}

const line = (what: string, value: string) => console.log(`  ${what.padEnd(52)}${value}`);
