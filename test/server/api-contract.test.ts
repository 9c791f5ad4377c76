import { randomUUID } from 'node:crypto';
import { ERRORS, type ErrorCode } from '../../errors';
import {
  Account,
  Adjusted,
  Erased,
  Generation,
  GenerationPage,
  Granted,
  Statement,
  UsagePage,
  UsageSession,
} from '../../server/schemas';
import { makegood, newAccount } from '../harness';
import { deleteHistory, idOf } from '../harness/operators';
import { type Api, brief, type Call, NOBODY, newKey, startApi } from './api';
import { grantMany } from './grant-many';

// The API held against its own OpenAPI document: whatever it documents is provoked, and answers as documented.

type Ask = Call & { readonly path: string };
type Documented = Record<string, { description: string; content?: Record<string, { schema: { $ref?: string } }> }>;
interface Document {
  readonly paths: Record<string, Record<string, { responses: Documented }>>;
}

let api: Api;
let withoutTemporal: Api;
let withoutPostgres: Api;
let withoutOperator: Api;
let keys: { read: string; write: string; admin: string };
let document: Document;

beforeAll(async () => {
  api = await startApi();
  withoutTemporal = await startApi({ TEMPORAL_ADDRESS: NOBODY });
  withoutPostgres = await startApi({ DATABASE_URL: `postgresql://nobody:none@${NOBODY}/none` });
  withoutOperator = await startApi({ MAKEGOOD_OPERATOR_DATABASE_URL: '' });
  keys = { read: await newKey('read'), write: await newKey('write'), admin: await newKey('admin') };
  document = (await (await api.call('/openapi.json')).json()) as Document;
});

const START = 'POST /v1/generations';
const LIST = 'GET /v1/generations';
const SHOW = 'GET /v1/generations/{id}';
const CANCEL = 'POST /v1/generations/{id}/cancel';
const RETRY = 'POST /v1/generations/{id}/retry';
const EVENTS = 'GET /v1/generations/{id}/events';
const ACCOUNT = 'GET /v1/accounts/{id}';
const GRANT = 'POST /v1/accounts/{id}/grants';
const ADJUST = 'POST /v1/accounts/{id}/adjustments';
const ERASE_ACCOUNT = 'POST /v1/accounts/{id}/erase';
const ERASE = 'POST /v1/generations/{id}/erase';
const USAGE = 'GET /v1/accounts/{id}/usage';
const STATEMENT = 'GET /v1/accounts/{id}/statement';
const CSV = 'GET /v1/accounts/{id}/usage.csv';
const STREAM = 'GET /v1/accounts/{id}/usage/stream';
const SESSION = 'POST /v1/usage-sessions';
const HEALTH = 'GET /healthz';
const READY = 'GET /readyz';

/** A request of each operation that is right in itself, about this account and this generation. */
const rightly: Record<string, (account: string, id: string) => Ask> = {
  [START]: (account, id) => ({ path: '/v1/generations', body: brief(account, 'ok', id) }),
  [LIST]: (account) => ({ path: `/v1/generations?account=${account}` }),
  [SHOW]: (account, id) => ({ path: `/v1/generations/${id}?account=${account}` }),
  [CANCEL]: (account, id) => ({ path: `/v1/generations/${id}/cancel?account=${account}` }),
  [RETRY]: (account, id) => ({ path: `/v1/generations/${id}/retry?account=${account}`, body: {} }),
  [EVENTS]: (account, id) => ({ path: `/v1/generations/${id}/events?account=${account}` }),
  [ACCOUNT]: (account) => ({ path: `/v1/accounts/${account}` }),
  [GRANT]: (account) => ({ path: `/v1/accounts/${account}/grants`, body: { credits: 1 } }),
  [ADJUST]: (account) => ({
    path: `/v1/accounts/${account}/adjustments`,
    body: { credits: -1, reason: 'Granted twice' },
    headers: { 'idempotency-key': 'k' },
  }),
  [ERASE_ACCOUNT]: (account) => ({ path: `/v1/accounts/${account}/erase`, body: {} }),
  [ERASE]: (account, id) => ({ path: `/v1/generations/${id}/erase?account=${account}`, body: {} }),
  [USAGE]: (account) => ({ path: `/v1/accounts/${account}/usage` }),
  [STATEMENT]: (account) => ({ path: `/v1/accounts/${account}/statement` }),
  [CSV]: (account) => ({ path: `/v1/accounts/${account}/usage.csv` }),
  [STREAM]: (account) => ({ path: `/v1/accounts/${account}/usage/stream` }),
  [SESSION]: (account) => ({ path: '/v1/usage-sessions', body: { account } }),
  [HEALTH]: () => ({ path: '/healthz' }),
  [READY]: () => ({ path: '/readyz' }),
};

const ADMIN = new Set([GRANT, ADJUST, ERASE_ACCOUNT, ERASE]);
const isWrite = (operation: string) => operation.startsWith('POST');
const keyFor = (operation: string) => (ADMIN.has(operation) ? keys.admin : isWrite(operation) ? keys.write : keys.read);

async function ask(operation: string, request: Partial<Ask> = {}, on = api): Promise<Response> {
  const { path, ...call } = { ...rightly[operation]?.(await newAccount(), randomUUID()), ...request };
  const method = operation.split(' ')[0] as string;
  return on.call(path as string, { key: keyFor(operation), method, ...call });
}

/** A generation that has ended or is held, of an account of its own. */
async function generation(behaviour: string, credits = 10, wait = 30) {
  const account = await newAccount(credits);
  const body = brief(account, behaviour);
  const response = await ask(START, { path: `/v1/generations?wait=${wait}`, body });
  expect([200, 202]).toContain(response.status);
  return { account, body, of: (operation: string) => rightly[operation]?.(account, body.id) as Ask };
}

async function erasedAccount(): Promise<string> {
  const account = await newAccount();
  await ask(ERASE_ACCOUNT, rightly[ERASE_ACCOUNT]?.(account, ''));
  return account;
}

async function erasedGeneration(behaviour: string) {
  const ended = await generation(behaviour);
  await ask(ERASE, ended.of(ERASE));
  return ended;
}

/** What provokes an error in any operation that documents it. */
const anywhere: Partial<Record<ErrorCode, (operation: string) => Promise<Response>>> = {
  UNAUTHENTICATED: (operation) => ask(operation, { key: undefined }),
  FORBIDDEN: (operation) => ask(operation, { key: ADMIN.has(operation) ? keys.write : keys.read }),
  MALFORMED_BODY: (operation) => ask(operation, { body: '{"account":' }),
  BODY_TOO_LARGE: (operation) => ask(operation, { body: { account: 'a'.repeat(300_000) } }),
  UNSUPPORTED_MEDIA_TYPE: (operation) =>
    ask(operation, { headers: { 'content-type': 'text/plain', 'idempotency-key': 'k' } }),
  INVALID_INPUT: (operation) => ask(operation, rightly[operation]?.('-no-id', '-no-id')),
  UNKNOWN_ACCOUNT: (operation) => ask(operation, rightly[operation]?.(`t-${randomUUID()}`, randomUUID())),
  UNKNOWN_GENERATION: (operation) => ask(operation),
  POSTGRES_UNREACHABLE: (operation) => ask(operation, {}, withoutPostgres),
  OPERATOR_NEEDED: (operation) => ask(operation, {}, withoutOperator),
  TEMPORAL_UNREACHABLE: (operation) => ask(operation, {}, withoutTemporal),
};

/** What takes a story of its own, by operation and status (with the code, of an error). */
const here: Record<string, () => Promise<Response>> = {
  [`${START} 200`]: async () => {
    const { body } = await generation('ok');
    return ask(START, { body });
  },
  [`${START} 202`]: () => ask(START),
  [`${START} 402 INSUFFICIENT_CREDITS`]: async () => {
    const { account } = await generation('ok', 1);
    return ask(START, { body: brief(account) });
  },
  [`${START} 409 GENERATION_CONFLICT`]: async () => {
    const { body } = await generation('ok');
    return ask(START, { body: { ...body, input: { ...body.input, goal: 'Say goodbye' } } });
  },
  [`${LIST} 200`]: async () => ask(LIST, (await generation('ok')).of(LIST)),
  [`${SHOW} 200`]: async () => ask(SHOW, (await generation('ok')).of(SHOW)),
  [`${CANCEL} 200`]: async () => ask(CANCEL, (await generation('ok')).of(CANCEL)),
  [`${CANCEL} 202`]: async () => ask(CANCEL, (await generation('hang', 10, 0)).of(CANCEL)),
  [`${RETRY} 200`]: async () => {
    const { path, ...call } = (await generation('refused')).of(RETRY);
    return ask(RETRY, { path: `${path}&wait=30`, ...call });
  },
  [`${RETRY} 202`]: async () => ask(RETRY, (await generation('refused')).of(RETRY)),
  [`${RETRY} 402 INSUFFICIENT_CREDITS`]: async () => {
    const { account, of } = await generation('refused', 1);
    await ask(START, { path: '/v1/generations?wait=30', body: brief(account) });
    return ask(RETRY, of(RETRY));
  },
  [`${RETRY} 409 GENERATION_CONFLICT`]: async () => {
    const { body, of } = await generation('refused');
    return ask(RETRY, { ...of(RETRY), body: { input: { ...body.input, goal: 'Say goodbye' } } });
  },
  [`${RETRY} 409 NOT_REFUNDED`]: async () => ask(RETRY, (await generation('ok')).of(RETRY)),
  [`${RETRY} 409 INPUT_GONE`]: async () => {
    const { account, body, of } = await generation('refused');
    // Temporal's retention has passed for this one.
    await deleteHistory(makegood(), idOf(account, body.id));
    return ask(RETRY, of(RETRY));
  },
  [`${RETRY} 503 TEMPORAL_UNREACHABLE`]: async () =>
    ask(RETRY, (await generation('refused')).of(RETRY), withoutTemporal),
  [`${EVENTS} 200`]: async () => ask(EVENTS, (await generation('ok')).of(EVENTS)),
  [`${ACCOUNT} 200`]: () => ask(ACCOUNT),
  [`${GRANT} 201`]: () => ask(GRANT),
  [`${GRANT} 409 GRANT_CONFLICT`]: async () => {
    const account = await newAccount();
    const grant = (credits: number) =>
      ask(GRANT, { ...rightly[GRANT]?.(account, ''), body: { credits }, headers: { 'idempotency-key': 'k' } });
    await grant(1);
    return grant(2);
  },
  [`${GRANT} 422 BALANCE_LIMIT`]: async () => {
    // Near the largest balance, 2^53 - 1.
    const account = await newAccount();
    await grantMany(account, 1, 9_007_199_000_000_000, 'Most of it');
    return ask(GRANT, { ...rightly[GRANT]?.(account, ''), body: { credits: 1_000_000_000_000 } });
  },
  [`${GRANT} 410 ACCOUNT_ERASED`]: async () => ask(GRANT, rightly[GRANT]?.(await erasedAccount(), '')),
  [`${ADJUST} 201`]: () => ask(ADJUST),
  [`${ADJUST} 402 INSUFFICIENT_CREDITS`]: () => ask(ADJUST, { body: { credits: -11, reason: 'Too much' } }),
  [`${ADJUST} 409 ADJUSTMENT_CONFLICT`]: async () => {
    const request = rightly[ADJUST]?.(await newAccount(), '') as Ask;
    await ask(ADJUST, request);
    return ask(ADJUST, { ...request, body: { credits: -2, reason: 'Granted twice' } });
  },
  [`${ADJUST} 410 ACCOUNT_ERASED`]: async () => ask(ADJUST, rightly[ADJUST]?.(await erasedAccount(), '')),
  [`${ADJUST} 422 BALANCE_LIMIT`]: async () => {
    const account = await newAccount();
    await grantMany(account, 1, 9_007_199_000_000_000, 'Most of it');
    return ask(ADJUST, { ...rightly[ADJUST]?.(account, ''), body: { credits: 1_000_000_000_000, reason: 'More' } });
  },
  [`${ERASE_ACCOUNT} 200`]: () => ask(ERASE_ACCOUNT),
  [`${ERASE_ACCOUNT} 409 NOT_ENDED`]: async () =>
    ask(ERASE_ACCOUNT, (await generation('hang', 10, 0)).of(ERASE_ACCOUNT)),
  [`${ERASE} 200`]: async () => ask(ERASE, (await generation('ok')).of(ERASE)),
  [`${ERASE} 409 NOT_ENDED`]: async () => ask(ERASE, (await generation('hang', 10, 0)).of(ERASE)),
  [`${START} 410 ACCOUNT_ERASED`]: async () => ask(START, { body: brief(await erasedAccount()) }),
  [`${START} 410 GENERATION_ERASED`]: async () => ask(START, { body: (await erasedGeneration('ok')).body }),
  [`${RETRY} 410 GENERATION_ERASED`]: async () => ask(RETRY, (await erasedGeneration('refused')).of(RETRY)),
  [`${USAGE} 200`]: () => ask(USAGE),
  [`${STATEMENT} 200`]: () => ask(STATEMENT),
  [`${CSV} 200`]: () => ask(CSV),
  [`${STREAM} 200`]: () => ask(STREAM),
  [`${SESSION} 201`]: () => ask(SESSION),
  [`${HEALTH} 200`]: () => ask(HEALTH),
  [`${READY} 200`]: () => ask(READY),
  [`${READY} 503`]: () => ask(READY, {}, withoutTemporal),
};

/** Everything that the document says may be answered: `GET /path 200`, `POST /path 402 CODE`. */
function documented(): string[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { responses }]) =>
      Object.entries(responses).flatMap(([status, { description }]) => {
        const codes = [...description.matchAll(/\[`(\w+)`\]/g)].map(([, code]) => ` ${code}`);
        return (codes.length > 0 ? codes : ['']).map((code) => `${method.toUpperCase()} ${path} ${status}${code}`);
      }),
    ),
  );
}

/** How to provoke it, or nothing where nobody knows. */
function provocation(answer: string): (() => Promise<Response>) | undefined {
  const [method, path, , code] = answer.split(' ');
  const general = code && anywhere[code as ErrorCode];
  return here[answer] ?? (general ? () => general(`${method} ${path}`) : undefined);
}

test('GIVEN the OpenAPI document THEN each answer that it documents is one that we provoke, and none else', () => {
  const all = documented();
  expect(all.filter((answer) => !provocation(answer))).toEqual([]);
  expect(Object.keys(here).filter((answer) => !all.includes(answer))).toEqual([]);
  expect(all.length).toBeGreaterThan(60);
});

test('GIVEN each documented answer WHEN it is provoked THEN it comes as documented', async () => {
  for (const answer of documented()) {
    const [method, path, status, code] = answer.split(' ') as [string, string, string, string?];
    const response = await provocation(answer)?.().catch((cause) => {
      throw new Error(`no answer to what provokes ${answer}`, { cause });
    });
    const body = await firstOf(response as Response);
    const documentedBodies = document.paths[path]?.[method.toLowerCase()]?.responses[status]?.content ?? {};
    const type = response?.headers.get('content-type')?.split(';')[0] as string;
    expect({ answer, status: response?.status, type, requestId: response?.headers.get('x-request-id') }).toEqual({
      ...{ answer, status: Number(status), type: expect.any(String), requestId: expect.any(String) },
    });
    expect({ answer, types: Object.keys(documentedBodies) }).toEqual({ answer, types: [type] });
    if (code) expectProblem(answer, code as ErrorCode, response as Response, JSON.parse(body));
    else expectSchema(documentedBodies[type]?.schema.$ref, body);
  }
}, 300_000);

/** The body; of a stream, which need not end, its first bytes. */
async function firstOf(response: Response): Promise<string> {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return response.text();
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return new TextDecoder().decode(value);
}

function expectProblem(answer: string, code: ErrorCode, response: Response, problem: Record<string, unknown>): void {
  const { status, title } = ERRORS[code];
  expect({ answer, ...problem }).toMatchObject({
    ...{ answer, code, status, title, detail: expect.any(String), requestId: response.headers.get('x-request-id') },
    type: `/problems/${code.toLowerCase().replaceAll('_', '-')}`,
  });
  if (status === 503) expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  if (status === 401) expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/);
}

const SCHEMAS = { Account, Adjusted, Erased, Generation, GenerationPage, Granted, Statement, UsagePage, UsageSession };

function expectSchema(ref: string | undefined, body: string): void {
  const name = ref?.split('/').pop() as keyof typeof SCHEMAS | undefined;
  if (name) SCHEMAS[name]?.parse(JSON.parse(body));
}

test('GIVEN each error of the table THEN its type leads to a page that says it', async () => {
  for (const [code, { title }] of Object.entries(ERRORS)) {
    const page = await api.call(`/problems/${code.toLowerCase().replaceAll('_', '-')}`);
    expect({ code, status: page.status }).toEqual({ code, status: 200 });
    expect(await page.text()).toContain(code);
    expect(title.length).toBeGreaterThan(0);
  }
});

test('GIVEN a path or a method that is not there THEN 404 and 405 say so, and /docs lists what is', async () => {
  const nowhere = await api.call('/v1/nowhere', { key: keys.read });
  expect([nowhere.status, await nowhere.json()]).toMatchObject([404, { code: 'NOT_FOUND' }]);
  const wrong = await api.call('/v1/generations', { method: 'DELETE', key: keys.write });
  expect([wrong.status, await wrong.json()]).toMatchObject([405, { code: 'METHOD_NOT_ALLOWED' }]);
  expect(wrong.headers.get('allow')).toContain('POST');
  const docs = await (await api.call('/docs')).text();
  expect(Object.keys(document.paths).filter((path) => !docs.includes(path))).toEqual([]);
  expect(docs.match(/<(script|link|img|iframe)\b|@import|url\(/g)).toBeNull(); // Nothing is loaded from anywhere.
});
