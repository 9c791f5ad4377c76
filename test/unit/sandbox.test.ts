import { readPrompt } from '../../dev/sandbox/prompt';
import { type Sandbox, startSandbox } from '../../dev/sandbox/server';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.stop());

interface Ask {
  readonly run?: string;
  readonly key?: string;
  readonly signal?: AbortSignal;
}

function ask(to: string, { run = 'run-1', key = 'any-key', signal }: Ask = {}): Promise<Response> {
  const brief = { to, goal: 'offer a refund', sender: 'Ann', context: 'not other@sandbox.test' };
  return fetch(`${sandbox.baseUrl}/chat/completions`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'x-request-id': `acme/${to}/${run}/1`,
      'x-makegood-generation': `acme/${to}`,
    },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: JSON.stringify(brief) }] }),
    ...(signal && { signal }),
  });
}

interface Completion {
  readonly choices: readonly [
    { readonly message: { readonly content: string | null; readonly refusal: string | null }; finish_reason: string },
  ];
}

async function choiceFor(to: string) {
  const response = await ask(to);
  expect(response.status).toBe(200);
  const { choices } = (await response.json()) as Completion;
  return { ...choices[0].message, finish: choices[0].finish_reason };
}

const draftFor = async (to: string): Promise<{ subject: string; body: string }> =>
  JSON.parse((await choiceFor(to)).content ?? '');

test.each([
  'ok@sandbox.test',
  'ok+tag@sandbox.test',
  'slow-20ms@sandbox.test',
  'unheard-of@sandbox.test',
  'a@b.example',
])('GIVEN %s WHEN a draft is asked for THEN it is written, the same each time', async (to) => {
  const draft = await draftFor(to);
  expect(draft.subject).toBe('Offer a refund');
  expect(draft.body).toContain('Ann');
  expect(await draftFor(to)).toEqual(draft);
});

test.each([
  ['flaky-2@sandbox.test', [503, 503, 200, 200]],
  ['ratelimited-1@sandbox.test', [429, 200]],
  ['down@sandbox.test', [503, 503, 503]],
  ['badrequest@sandbox.test', [400]],
  ['unauthorized@sandbox.test', [401]],
  ['quota@sandbox.test', [429, 429]],
])('GIVEN %s WHEN it is asked again and again THEN it answers %j, in each run anew', async (to, expected) => {
  for (const run of ['run-1', 'run-2']) {
    const statuses: number[] = [];
    for (const _ of expected) statuses.push((await ask(to, { run })).status);
    expect(statuses).toEqual(expected);
  }
});

test('GIVEN second-run WHEN a second run comes THEN the first failed throughout and the second works', async () => {
  const statuses = [];
  for (const run of ['one', 'one', 'two', 'one']) {
    statuses.push((await ask('second-run@sandbox.test', { run })).status);
  }
  expect(statuses).toEqual([503, 503, 200, 503]);
});

test('GIVEN a rate limit WHEN it answers THEN it says when to come back, and a used-up quota says its code', async () => {
  expect((await ask('ratelimited-9@sandbox.test')).headers.get('retry-after')).toBe('1');
  const quota = await ask('quota+code@sandbox.test');
  expect(await quota.json()).toMatchObject({ error: { code: 'insufficient_quota' } });
});

test('GIVEN answers that are no draft WHEN they are asked for THEN each is bad in its own way', async () => {
  expect(await choiceFor('refused@sandbox.test')).toMatchObject({ content: null, refusal: expect.any(String) });
  expect(await choiceFor('filtered@sandbox.test')).toMatchObject({ content: null, finish: 'content_filter' });
  expect(await choiceFor('truncated@sandbox.test')).toMatchObject({ finish: 'length' });
  expect(await choiceFor('empty@sandbox.test')).toMatchObject({ content: '' });
  for (const to of ['garbled@sandbox.test', 'truncated+again@sandbox.test']) {
    const { content } = await choiceFor(to);
    expect(() => JSON.parse(content ?? '')).toThrow();
  }
  expect((await draftFor('nul@sandbox.test')).subject).toContain('\u0000');
  expect((await draftFor('surrogate@sandbox.test')).body).toMatch(/\ud800$/);
});

test('GIVEN reset WHEN it is asked THEN the connection is cut, and that is no abort by the client', async () => {
  await expect(ask('reset@sandbox.test')).rejects.toThrow();
  expect(sandbox.requests({ to: 'reset@sandbox.test' })).toMatchObject({ count: 1, aborted: 0 });
});

test.each(['hang@sandbox.test', 'slow-60s@sandbox.test'])(
  'GIVEN %s WHEN the client goes away THEN other processes can see that it did',
  async (to) => {
    const client = new AbortController();
    const answer = ask(to, { signal: client.signal });
    const report = async () => {
      const response = await fetch(`${sandbox.baseUrl.replace('/v1', '')}/requests?generation=acme/${to}`);
      return (await response.json()) as { count: number; aborted: number };
    };
    while ((await report()).count === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await report()).toMatchObject({ count: 1, aborted: 0 });
    client.abort();
    await expect(answer).rejects.toThrow('abort');
    while ((await report()).aborted === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await report()).toMatchObject({ requests: [{ generation: `acme/${to}`, run: 'run-1', attempt: 1, to }] });
  },
);

test('GIVEN the wrong key WHEN a draft is asked for THEN it is refused', async () => {
  expect((await ask('ok@sandbox.test', { key: 'wrong-key' })).status).toBe(401);
});

test('GIVEN a prompt of another shape WHEN it is read THEN the first sandbox address in it counts', () => {
  const { to, draft } = readPrompt([{ role: 'user', content: 'Write to flaky-2+x@sandbox.test, not ok@sandbox.test' }]);
  expect(to).toBe('flaky-2+x@sandbox.test');
  expect(draft.subject).toBe('Following up on our conversation');
});
