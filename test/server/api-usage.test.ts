import { makegood, newAccount } from '../harness';
import { type Api, brief, eventsOf, json, newKey, type SentEvent, startApi } from './api';

let api: Api;
let key: string;
beforeAll(async () => {
  api = await startApi();
  key = await newKey('write');
});

const grant = async (account: string, times: number, reason = 'Top-up') => {
  for (let time = 0; time < times; time++) await makegood().grant({ account, credits: 1, reason });
};

/** The next `count` events; then the connection is let go, as a browser does that loses its network. */
async function take(path: string, count: number, headers: Record<string, string> = {}): Promise<SentEvent[]> {
  const gone = new AbortController();
  const events: SentEvent[] = [];
  for await (const event of eventsOf(await api.call(path, { key, headers, signal: gone.signal }))) {
    events.push(event);
    if (events.length === count) break;
  }
  gone.abort();
  return events;
}

test('GIVEN 25 entries WHEN they are read page by page THEN each comes once, newest first', async () => {
  const account = await newAccount();
  await grant(account, 24);
  const seqs: number[] = [];
  for (let cursor: number | null | undefined; cursor !== null; ) {
    const from = cursor === undefined ? '' : `&cursor=${cursor}`;
    const answer = await api.call(`/v1/accounts/${account}/usage?limit=10${from}`, { key });
    const page = (await answer.json()) as { entries: { seq: number }[]; next: number | null };
    seqs.push(...page.entries.map(({ seq }) => seq));
    cursor = page.next;
  }
  expect(seqs).toEqual(Array.from({ length: 25 }, (_, index) => 25 - index));
});

test('GIVEN kinds and a period THEN only those entries', async () => {
  const account = await newAccount();
  const body = brief(account, 'refused');
  await api.call('/v1/generations?wait=30', { method: 'POST', key, body });
  const read = async (query: string) => {
    const answer = await api.call(`/v1/accounts/${account}/usage?${query}`, { key });
    return ((await json(answer)).entries as unknown as { kind: string }[]).map(({ kind }) => kind);
  };
  expect(await read('kind=REFUND,GRANT')).toEqual(['REFUND', 'GRANT']);
  expect(await read(`generation=${body.id}`)).toEqual(['REFUND', 'RESERVE']);
  expect(await read('to=2020-01-01T00:00:00Z')).toEqual([]);
  expect(await read('from=2020-01-01T00:00:00Z')).toEqual(['REFUND', 'RESERVE', 'GRANT']);
});

test('GIVEN a stream that is cut WHEN it comes back with Last-Event-ID THEN no entry is missed, and none comes twice', async () => {
  const account = await newAccount();
  await grant(account, 4);
  const path = `/v1/accounts/${account}/usage/stream`;
  const first = await take(`${path}?after=0`, 2);
  expect(first.map(({ id, event }) => [id, event])).toEqual([
    ['1', 'entry'],
    ['2', 'entry'],
  ]);
  await grant(account, 2); // While nobody listens.
  const rest = await take(path, 5, { 'last-event-id': '2' });
  expect(rest.map(({ id }) => id)).toEqual(['3', '4', '5', '6', '7']);
  expect(JSON.parse(rest[4]?.data ?? '')).toMatchObject({ seq: 7, kind: 'GRANT', amount: 1, balance: 16 });
});

test('GIVEN a stream that is open WHEN a generation fails THEN its charge and its refund arrive', async () => {
  const account = await newAccount();
  const listening = take(`/v1/accounts/${account}/usage/stream?after=1`, 2);
  const body = brief(account, 'refused');
  await api.call('/v1/generations', { method: 'POST', key, body });
  const moves = (await listening).map(({ data }) => JSON.parse(data));
  expect(moves).toMatchObject([
    { kind: 'RESERVE', amount: -1, generation: body.id },
    { kind: 'REFUND', amount: 1, generation: body.id, message: expect.any(String) },
  ]);
});

test('GIVEN a generation WHEN its events are followed THEN the stream ends with its end', async () => {
  const account = await newAccount();
  const body = brief(account, 'flaky-1');
  await api.call('/v1/generations', { method: 'POST', key, body });
  const states: string[] = [];
  const answer = await api.call(`/v1/generations/${body.id}/events?account=${account}`, { key });
  for await (const { event, data } of eventsOf(answer)) {
    expect(event).toBe('generation');
    states.push(JSON.parse(data).status);
  }
  expect(states.at(-1)).toBe('succeeded');
  expect(states.slice(0, -1).every((state) => state === 'held')).toBe(true);
});

test('GIVEN text that a spreadsheet would run WHEN the CSV is read THEN it is text', async () => {
  const account = await newAccount(1);
  for (const reason of ['=HYPERLINK("http://x","y")', '+1', '-1', '@SUM(A1)', '\tx', 'plain, "quoted"']) {
    await grant(account, 1, reason);
  }
  const answer = await api.call(`/v1/accounts/${account}/usage.csv`, { key });
  expect(answer.headers.get('content-disposition')).toContain('attachment');
  const [header, ...rows] = (await answer.text()).trimEnd().split('\r\n');
  expect(header).toMatch(/^seq,at,kind,amount/);
  const reasons = rows.map((row) => row.slice(row.lastIndexOf(',,') + 2));
  expect(rows).toHaveLength(7);
  expect(rows.join('\n')).toContain(`"'=HYPERLINK(""http://x"",""y"")"`);
  expect(rows.join('\n')).toContain('"plain, ""quoted"""');
  expect(reasons.filter((reason) => /^"?[=+\-@\t]/.test(reason))).toEqual([]);
});

test('GIVEN more entries than one read of the ledger THEN the CSV has them all', async () => {
  const account = await newAccount();
  await Promise.all(Array.from({ length: 10 }, () => grant(account, 105)));
  const text = await (await api.call(`/v1/accounts/${account}/usage.csv`, { key })).text();
  const seqs = text
    .trimEnd()
    .split('\r\n')
    .slice(1)
    .map((row) => Number(row.split(',')[0]));
  expect(seqs).toEqual(Array.from({ length: 1051 }, (_, index) => 1051 - index));
});
