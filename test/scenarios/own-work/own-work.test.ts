import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { bundleWorkflowCode, NativeConnection, Worker } from '@temporalio/worker';
import { emailDraft, type Makegood, openMakegood } from '../../../dist';
import { makegoodPlugin } from '../../../dist/worker';
import { newAccount, onClose, stackEnv, until } from '../../harness';
import { entriesOf, expectToAddUp, movesOf } from '../../harness/money';
import { outline, research, summaryWork, translate, write } from './activities';
import { report, summary, translation } from './kinds';

// A stranger's own kinds, in his own worker, on his own task queue.

const env: Record<string, string> = { ...stackEnv(), MAKEGOOD_TASK_QUEUE: `q-${randomUUID()}`, MAKEGOOD_LOG: 'silent' };
const work = [summaryWork, outline, research, write, translate];
const workflowsPath = join(__dirname, 'workflows.ts');
const quiet = { trace() {}, debug() {}, info() {}, log() {}, warn: console.warn, error: console.error };

async function startWorker(
  workflows: { workflowsPath: string } | { workflowBundle: { code: string } },
  taskQueue: string,
) {
  const connection = await NativeConnection.connect({ address: env.TEMPORAL_ADDRESS as string });
  const worker = await Worker.create({
    connection,
    taskQueue,
    ...workflows,
    activities: { ownActivity: async () => 'ours' },
    plugins: [makegoodPlugin({ work, env })],
  });
  const done = worker.run();
  onClose(async () => {
    worker.shutdown();
    await done;
    await connection.close();
  });
}

let makegood: Makegood;
beforeAll(async () => {
  makegood = openMakegood({ env, kinds: [summary, report, translation, emailDraft] });
  onClose(() => makegood.close());
  await startWorker({ workflowsPath }, env.MAKEGOOD_TASK_QUEUE as string);
});

const page = (path: string, pages = 40) => ({ url: `https://news.example${path}`, pages });

describe('a kind of one step', () => {
  test('GIVEN a price by the page and a cost by what was read THEN the cost is charged, once, and the rest comes back', async () => {
    const account = await newAccount(200);
    const started = await makegood.start(summary, { account, id: 'q3', input: page('/half') });
    expect(started).toMatchObject({ status: 'held', price: 120 });

    const end = await makegood.result(summary, account, 'q3');

    expect(end).toMatchObject({ status: 'succeeded', charged: 40, refunded: 0, attempts: 1 });
    expect(end?.status === 'succeeded' && end.output.title).toBe('Summary of news.example');
    expect(await movesOf(account)).toEqual(['RESERVE -120 q3', 'SETTLE -120 q3']);
    expect(await makegood.balance(account)).toMatchObject({ balance: 160, held: 0 });
    await expectToAddUp(account);
  });

  test('GIVEN work that did cost more than is held THEN what is held is charged, and no more', async () => {
    const account = await newAccount(200);
    await makegood.start(summary, { account, id: 'much', input: page('/beyond', 10) });
    expect(await makegood.result(account, 'much')).toMatchObject({ status: 'succeeded', charged: 30 });
  });

  test.each([
    ['/login', 'PAGE_BEHIND_LOGIN', 'The page asks for a login.', 1],
    ['/away', 'PAGE_AWAY', 'The page could not be reached in 3 attempts.', 3],
    ['/bug', 'INTERNAL_ERROR', 'Something went wrong on our side.', 3],
    ['/empty', 'OUTPUT_UNUSABLE', 'The result came back empty or unreadable; we tried 3 times.', 3],
  ])(
    'GIVEN work that fails at %s THEN all comes back for the reason %s, in the words of its kind',
    async (path, reason, message, attempts) => {
      const account = await newAccount(200);
      await makegood.start(summary, { account, id: 'g', input: page(path) });
      expect(await makegood.result(account, 'g')).toMatchObject({
        ...{ status: 'refunded', reason, message, attempts },
        ...{ charged: 120, refunded: 120 },
      });
      expect((await entriesOf(account)).at(-1)).toMatchObject({ reason, message });
      expect(await makegood.balance(account)).toMatchObject({ balance: 200, held: 0 });
    },
  );

  test('GIVEN work that fails twice and then works THEN it is charged once', async () => {
    const account = await newAccount(200);
    await makegood.start(summary, { account, id: 'g', input: page('/flaky', 1) });
    expect(await makegood.result(account, 'g')).toMatchObject({ status: 'succeeded', charged: 2, attempts: 3 });
  });

  test('GIVEN it is cancelled at work THEN its signal is aborted, and the customer reads the words of the kind', async () => {
    const account = await newAccount(200);
    await makegood.start(summary, { account, id: 'g', input: page('/slow', 1) });
    await makegood.cancel(account, 'g');
    expect(await makegood.result(account, 'g')).toMatchObject({
      status: 'cancelled',
      message: 'You have stopped this summary.',
    });
    expect(await makegood.balance(account)).toMatchObject({ balance: 200, held: 0 });
  });

  test('GIVEN a balance that is short of what it can cost at most THEN it is refused, and nothing is left behind', async () => {
    const account = await newAccount(119);
    await expect(makegood.start(summary, { account, id: 'g', input: page('/') })).rejects.toMatchObject({
      ...{ code: 'INSUFFICIENT_CREDITS', balance: 119, price: 120 },
    });
    expect(await movesOf(account)).toEqual([]);
  });

  test('GIVEN a wrong input, or a kind that is not sold THEN it is refused, naming the field', async () => {
    const account = await newAccount();
    const input = { url: 'nowhere', pages: 0 };
    await expect(makegood.start(summary, { account, input })).rejects.toThrow(/^url: .*; pages: /);
    await expect(makegood.start({ account, kind: 'poem', input })).rejects.toThrow(
      'kind: must be one of summary, report, translation, email-draft.',
    );
  });
});

describe('a kind of several steps', () => {
  test('GIVEN a step that fails at first THEN it alone is tried again, and the whole is charged once', async () => {
    const account = await newAccount(50);
    await makegood.start(report, { account, id: 'r', input: { topic: 'flaky things' } });
    expect(await makegood.result(report, account, 'r')).toMatchObject({ status: 'succeeded', charged: 20 });
    const { record } = await makegood.describe(account, 'r');
    expect(record?.attempts.map(({ reason }) => reason)).toContain('PROVIDER_UNAVAILABLE');
    expect(await movesOf(account)).toEqual(['RESERVE -20 r', 'SETTLE -20 r']);
  });

  test('GIVEN the last step fails for good THEN all comes back', async () => {
    const account = await newAccount(50);
    await makegood.start(report, { account, id: 'r', input: { topic: 'hopeless' } });
    expect(await makegood.result(report, account, 'r')).toMatchObject({
      ...{ status: 'refunded', reason: 'PROVIDER_REFUSED', refunded: 20 },
    });
    expect(await makegood.balance(account)).toMatchObject({ balance: 50, held: 0 });
  });
});

describe('a paid part of a larger workflow', () => {
  const run = (account: string, text: string) =>
    makegood.context.temporal.workflow.execute('handleTicket', {
      taskQueue: env.MAKEGOOD_TASK_QUEUE as string,
      workflowId: `ticket/${account}/${text}`,
      args: [account, text],
    });

  test('GIVEN one paid inline and one as a child, under ids of the host THEN each is charged once', async () => {
    const account = await newAccount(100);
    expect(await run(account, 'hello')).toBe('ours: HELLO HELLO');
    expect((await makegood.describe(account, 'hello-1')).workflow).toMatchObject({
      ...{ workflowId: `ticket/${account}/hello`, status: 'COMPLETED' },
    });
    expect(await makegood.result(translation, account, 'hello-1')).toMatchObject({
      charged: 5,
      output: { text: 'HELLO' },
    });
    expect(await makegood.result(report, account, 'hello-2')).toMatchObject({ status: 'succeeded', charged: 20 });
    expect(await makegood.balance(account)).toMatchObject({ balance: 75, held: 0 });
    await expectToAddUp(account);
  });

  test('GIVEN the part fails THEN it is given back at once, and the workflow goes on knowing why', async () => {
    const account = await newAccount(100);
    expect(await run(account, 'klingon')).toBe('ours: LANGUAGE_UNKNOWN');
    expect(await makegood.result(account, 'klingon-1')).toMatchObject({
      ...{ status: 'refunded', message: 'We do not know this language.' },
    });
    expect(await makegood.balance(account)).toMatchObject({ balance: 100, held: 0 });
  });

  test('GIVEN the balance is short for a part THEN the workflow hears of it, and what was paid before stands', async () => {
    const account = await newAccount(6);
    await expect(run(account, 'hello')).rejects.toMatchObject({ cause: expect.anything() });
    expect(await movesOf(account)).toEqual(['RESERVE -5 hello-1', 'SETTLE -5 hello-1']);
  });

  test('GIVEN the host terminates its workflow in the middle of the part, and uses its id again THEN the first hold comes back, and the second stays', async () => {
    const account = await newAccount(100);
    const { temporal } = makegood.context;
    const workflowId = `again/${account}`;
    const start = (text: string) =>
      temporal.workflow.start('handleTicket', {
        ...{ taskQueue: env.MAKEGOOD_TASK_QUEUE as string, workflowId, args: [account, text] },
      });
    const first = await start('endless');
    await until('the first hold', async () => (await makegood.balance(account)).held === 7);
    await first.terminate();
    const second = await start('endless2');
    await until('both', async () => (await movesOf(account)).includes('RESERVE -8 endless2-1'));

    await until('the first hold to come back', async () => (await makegood.balance(account)).held === 8);

    expect(await makegood.result(account, 'endless-1')).toMatchObject({
      status: 'refunded',
      reason: 'OPERATOR_TERMINATED',
    });
    await expect(makegood.cancel(account, 'endless2-1')).rejects.toMatchObject({ code: 'PART_OF_WORKFLOW' });
    await expect(makegood.retry(account, 'endless-1')).rejects.toMatchObject({ code: 'PART_OF_WORKFLOW' });
    await second.cancel();
    expect(await makegood.result(account, 'endless2-1')).toMatchObject({ status: 'cancelled' });
    expect(await makegood.balance(account)).toMatchObject({ balance: 100, held: 0 });
    await expectToAddUp(account);
  });
});

test('GIVEN a bundle that was made ahead with the plugin THEN the worker runs it', async () => {
  const taskQueue = `q-${randomUUID()}`;
  const { code } = await bundleWorkflowCode({ workflowsPath, plugins: [makegoodPlugin({ work, env })], logger: quiet });
  await startWorker({ workflowBundle: { code } }, taskQueue);
  const own = openMakegood({ env: { ...env, MAKEGOOD_TASK_QUEUE: taskQueue }, kinds: [report] });
  onClose(() => own.close());
  const account = await newAccount(50);
  await own.start(report, { account, id: 'r', input: { topic: 'bundles' } });
  expect(await own.result(report, account, 'r')).toMatchObject({ status: 'succeeded' });
});

test('GIVEN a bundle that was made without the plugin THEN the worker says so, and does not start', async () => {
  const connection = await NativeConnection.connect({ address: env.TEMPORAL_ADDRESS as string });
  onClose(() => connection.close());
  const made = Worker.create({
    ...{ connection, taskQueue: `q-${randomUUID()}`, plugins: [makegoodPlugin({ work, env })] },
    workflowBundle: { code: 'module.exports = {}' },
  });
  await expect(made).rejects.toThrow(/bundleWorkflowCode\({ ..., plugins/);
});
