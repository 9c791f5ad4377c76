import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { address, makegood, newAccount, sandboxRequests, until } from '../harness';
import { ctrlC, inFolder, jsonLines, launch, run } from '../harness/command';
import { entriesOf, expectToAddUp } from '../harness/money';
import { deleteHistory, idOf } from '../harness/operators';

const FIELDS = [
  'id',
  'account',
  'status',
  'charged',
  'refunded',
  'reason',
  'message',
  'attempts',
  'workflowId',
  'runId',
];

test('GIVEN one brief THEN the draft for people, and with --json the line for machines; asked again, the same', async () => {
  const account = await newAccount(3);
  const to = address('ok');
  const args = ['generate', '--account', account, '--to', to, '--goal', 'Say hello', '--id', 'g1'];
  const people = await run(args);
  expect(people).toMatchObject({ code: 0, stderr: '' });
  expect(people.stdout).toMatch(/succeeded after 1 attempt · charged 1 credit/);
  expect(people.stdout).toContain('Subject: Say hello');

  const again = await run([...args, '--json']);
  const [row] = jsonLines(again.stdout);
  expect(Object.keys(row ?? {})).toEqual(FIELDS);
  expect(row).toMatchObject({
    ...{ id: 'g1', account, status: 'succeeded', charged: 1, refunded: 0, reason: null, message: null, attempts: 1 },
    workflowId: `makegood/${account}/g1`,
    runId: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  expect((await sandboxRequests({ to })).count).toBe(1);
  await expectToAddUp(account);
});

test('GIVEN a provider that declines THEN refunded with its reason is an outcome, so exit 0', async () => {
  const account = await newAccount(3);
  const args = ['generate', '--account', account, '--to', address('refused'), '--goal', 'Say hello', '--json'];
  const { code, stdout } = await run(args);
  expect(code).toBe(0);
  expect(jsonLines(stdout)).toMatchObject([
    {
      status: 'refunded',
      charged: 1,
      refunded: 1,
      reason: 'PROVIDER_REFUSED',
      message: expect.any(String),
      attempts: 1,
    },
  ]);
  await expectToAddUp(account);
});

test('GIVEN a balance that is too short THEN rejected, nothing charged; GIVEN another brief under the id THEN exit 2', async () => {
  const account = await newAccount(1);
  const args = ['generate', '--account', account, '--json', '--to', address('ok')];
  await run([...args, '--goal', 'Say hello', '--id', 'first']);

  const short = await run([...args, '--goal', 'Say hello']);
  expect(short.code).toBe(0);
  expect(jsonLines(short.stdout)).toMatchObject([
    { status: 'rejected', reason: 'INSUFFICIENT_CREDITS', charged: 0, refunded: 0, attempts: 0 },
  ]);

  const conflict = await run([...args, '--goal', 'Something else', '--id', 'first']);
  expect(conflict.code).toBe(2);
  expect(jsonLines(conflict.stdout)).toMatchObject([
    { status: 'rejected', reason: 'GENERATION_CONFLICT', charged: 0, workflowId: null, runId: null },
  ]);
  expect(await entriesOf(account)).toHaveLength(3);
});

test('GIVEN a file with bad lines THEN each is told with its number, the others are generated, and exit 2', async () => {
  const [account, other] = [await newAccount(5), await newAccount(5)];
  const good = (more: object) => JSON.stringify({ to: address('ok'), goal: 'Say hello', ...more });
  const bad: [line: string | Buffer, says: RegExp][] = [
    [JSON.stringify({ to: address('ok') }), /goal/],
    [JSON.stringify({ goal: 'No recipient' }), /to: /],
    ['not json', /is not a JSON object/],
    ['[1]', /is not a JSON object/],
    [good({ goal: 'x'.repeat(1_000_000) }), /goal: must be at most/],
    [good({ goal: 'NUL \u0000' }), /goal: must not contain NUL/],
    ['{"to":"ok@sandbox.test","goal":"\\ud800"}', /goal: must not contain .*surrogate/],
    [Buffer.from('{"to":"ok@sandbox.test","goal":"\xff"}', 'latin1'), /is not valid UTF-8/],
    [good({ id: 'a/b' }), /id: /],
    [good({ account: 'nobody-here' }), /no such account/],
    [good({ frobnicate: 1 }), /frobnicate/],
  ];
  const lines = [good({ id: 'first' }), ...bad.map(([line]) => line), '', good({ id: 'last', account: other })];
  const ran = await inFolder(async (folder) => {
    const file = join(folder, 'briefs.jsonl');
    writeFileSync(file, Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from('\n')])));
    return run(['generate', '--account', account, '--file', file, '--json']);
  });

  expect(ran.code).toBe(2);
  const told = ran.stderr.split('\n');
  for (const [index, [, says]] of bad.entries()) {
    expect(told.find((line) => line.startsWith(`line ${index + 2}: `))).toMatch(says);
  }
  const rows = jsonLines(ran.stdout);
  expect(rows.map(({ id, account: whose, status }) => [id, whose, status]).sort()).toEqual([
    ['first', account, 'succeeded'],
    ['last', other, 'succeeded'],
  ]);
  for (const whose of [account, other]) expect(await entriesOf(whose)).toHaveLength(3);
});

test('GIVEN a mix THEN each behaviour has exactly its share, and the summary adds up', async () => {
  const account = await newAccount(12);
  const args = ['generate', '--account', account, '--count', '12', '--mix', 'ok=2,refused=1', '--concurrency', '6'];
  const { code, stdout } = await run(args);
  expect(code).toBe(0);
  expect(stdout).toContain('12 generations ended');
  expect(stdout).toMatch(/8 succeeded/);
  expect(stdout).toMatch(/4 × PROVIDER_REFUSED/);
  expect(stdout).toContain('charged 12 credits, refunded 4: 8 credits net');
  expect(await makegood().balance(account)).toMatchObject({ balance: 4, held: 0 });
  await expectToAddUp(account);
});

test('GIVEN an id twice in a file THEN it is made once; with another goal, the first line is the one that runs', async () => {
  const account = await newAccount(20);
  const to = address('ok');
  const ids = Array.from({ length: 8 }, (_, index) => `g${index}`);
  const line = (id: string, goal: string) => `${JSON.stringify({ id, to, goal })}\n`;
  const ran = await inFolder(async (folder) => {
    const file = join(folder, 'briefs.jsonl');
    const pairs = ids.map((id) => line(id, 'First') + line(id, 'Second'));
    writeFileSync(file, line('same', 'First') + line('same', 'First') + pairs.join(''));
    return run(['generate', '--account', account, '--file', file, '--json']);
  });
  expect(ran.code).toBe(2);
  const conflicts =
    ran.stderr.match(/^line \d+: A generation with this id already exists, with a different input/gm) ?? [];
  expect(conflicts.map((told) => Number(/\d+/.exec(told)?.[0])).sort((a, b) => a - b)).toEqual(
    ids.map((_, index) => 2 * index + 4),
  );
  const rows = jsonLines(ran.stdout).map(({ id, status }) => `${id} ${status}`);
  expect(rows.sort()).toEqual(
    ['same succeeded', 'same succeeded', ...ids.flatMap((id) => [`${id} rejected`, `${id} succeeded`])].sort(),
  );
  expect((await sandboxRequests({ to })).count).toBe(1 + ids.length);
});

test('GIVEN many under way WHEN Ctrl-C comes THEN no more are started, what was started goes on, and the summary says so', async () => {
  const account = await newAccount(30);
  const args = ['generate', '--account', account, '--count', '30', '--mix', 'slow-5s', '--concurrency', '3'];
  const { child, ended } = launch(args);
  await until('the first to be held', async () => (await makegood().balance(account)).held === 3);
  ctrlC(child);
  const { code, stdout } = await ended;

  expect(code).toBe(1);
  expect(stdout).toContain('3 under way: durable in Temporal');
  expect(stdout).toContain('27 not started');
  await until('those to be delivered', async () => (await makegood().balance(account)).held === 0);
  expect(await makegood().balance(account)).toMatchObject({ balance: 27 });
  await expectToAddUp(account);
});

test('GIVEN a generation under way WHEN it is cancelled THEN its credits are back, and it can be retried', async () => {
  const account = await newAccount(3);
  const id = `g-${randomUUID()}`;
  const of = ['--account', account, '--json'];
  const { ended } = launch(['generate', '--to', address('second-run'), '--goal', 'Say hello', '--id', id, ...of]);
  await until('it to be held', async () => (await makegood().balance(account)).held === 1);

  expect(jsonLines((await run(['show', id, ...of])).stdout)).toMatchObject([{ status: 'held', output: null }]);
  const cancelled = { id, account, status: 'cancelled', charged: 1, refunded: 1, reason: 'CANCELLED' };
  const cancel = await run(['cancel', id, ...of]);
  expect(jsonLines(cancel.stdout)).toMatchObject([cancelled]);
  expect(jsonLines((await ended).stdout)).toMatchObject([cancelled]);

  const retry = await run(['retry', id, ...of]);
  expect(retry.code).toBe(0);
  expect(jsonLines(retry.stdout)).toMatchObject([{ id, status: 'succeeded', charged: 2, refunded: 1 }]);
  expect(Object.keys(jsonLines(retry.stdout)[0] ?? {})).toEqual(FIELDS);
  expect(await run(['retry', id, ...of])).toMatchObject({ code: 2, stderr: expect.stringContaining('refunded') });
  await expectToAddUp(account);
});

test('GIVEN no credits WHEN many are generated THEN each is rejected, and Temporal has heard of none', async () => {
  const account = await newAccount(1);
  await run(['generate', '--account', account, '--to', address('ok'), '--goal', 'Say hello', '--id', 'paid']);
  const { code, stdout } = await run(['generate', '--account', account, '--count', '30', '--json']);
  expect(code).toBe(0);
  const rows = jsonLines(stdout);
  expect(rows).toHaveLength(30);
  for (const row of rows) {
    expect(row).toMatchObject({ status: 'rejected', reason: 'INSUFFICIENT_CREDITS', charged: 0, workflowId: null });
    const shown = await makegood()
      .describe(account, row.id as string)
      .catch((error) => error.code);
    expect(shown).toBe('UNKNOWN_GENERATION');
  }
  await expectToAddUp(account);
});

test.each([
  ['--after', '1'],
  ['--key', 'order 17, again'],
])('GIVEN retry %s %s WHEN it is sent twice THEN it is one try, whose number show tells', async (option, value) => {
  const account = await newAccount(3);
  const id = `g-${randomUUID()}`;
  const of = ['--account', account];
  await run(['generate', '--to', address('refused'), '--goal', 'Say hello', '--id', id, ...of]);
  for (let time = 0; time < 2; time++) {
    const { code, stdout } = await run(['retry', id, option, value, '--json', ...of]);
    expect(code).toBe(0);
    expect(jsonLines(stdout)).toMatchObject([{ id, status: 'refunded', charged: 2, refunded: 2 }]);
  }
  const people = await run(['show', id, ...of]);
  expect(people.stdout).toMatch(/^1\. \d{4}-.* 1 credit reserved, refunded/m);
  expect(people.stdout).toMatch(/^2\. \d{4}-.* 1 credit reserved, refunded/m);
  const none = await run(['retry', id, '--after', '3', ...of]);
  expect(none).toMatchObject({ code: 2, stderr: expect.stringMatching(/^error: after: there is no refund 3/) });
  await expectToAddUp(account);
});

test('GIVEN a refunded one that Temporal has forgotten WHEN it is retried THEN it takes the same brief again', async () => {
  const account = await newAccount(3);
  const [id, to] = [`g-${randomUUID()}`, address('refused')];
  const of = ['--account', account, '--json'];
  await run(['generate', '--to', to, '--goal', 'Say hello', '--id', id, ...of]);
  await deleteHistory(makegood(), idOf(account, id));

  const bare = await run(['retry', id, ...of]);
  expect(bare).toMatchObject({ code: 2, stderr: expect.stringContaining('Send the input with the retry') });
  const other = await run(['retry', id, '--to', to, '--goal', 'Say goodbye', ...of]);
  expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining('different input') });
  expect(await makegood().balance(account)).toMatchObject({ balance: 3, held: 0 });
  const same = await run(['retry', id, '--to', to, '--goal', 'Say hello', ...of]);
  expect(jsonLines(same.stdout)).toMatchObject([{ id, charged: 2, refunded: 2, reason: 'PROVIDER_REFUSED' }]);
  await expectToAddUp(account);
});

test('GIVEN a refunded generation THEN show lists its attempts, its money and where its workflow is', async () => {
  const account = await newAccount(3);
  await run(['generate', '--account', account, '--to', address('refused'), '--goal', 'Say hello', '--id', 'g']);
  const people = await run(['show', 'g', '--account', account]);
  expect(people.stdout).toMatch(/refunded after 1 attempt · charged 1 credit, refunded 1/);
  expect(people.stdout).toMatch(/attempt 1 failed at .*PROVIDER_REFUSED/);
  expect(people.stdout).toMatch(/http:\/\/127.0.0.1:\d+\/namespaces\/default\/workflows\//);

  const [shown] = jsonLines((await run(['show', 'g', '--account', account, '--json'])).stdout);
  expect(shown).toMatchObject({
    ...{ account, id: 'g', status: 'refunded', reason: 'PROVIDER_REFUSED', charged: 1, refunded: 1, output: null },
    failedAttempts: [{ number: 1, reason: 'PROVIDER_REFUSED' }],
    reservations: [{ ordinal: 1, amount: 1, state: 'REFUNDED' }],
    workflow: { status: 'FAILED', workflowId: `makegood/${account}/g` },
  });
});
