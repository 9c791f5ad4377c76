import { ActivityFailure, ApplicationFailure, RetryState } from '@temporalio/common';
import { MakegoodError } from '../../errors';
import { errorFields, jsonLine, logLine, prettyLine } from '../../worker/log-line';
import { newAccount, ownQueue, until } from '../harness';
import { start } from '../harness/operators';

const entry = (message: string, meta: Record<string, unknown> = {}) =>
  logLine({ message, level: 'WARN', timestampNanos: 1_795_000_000_123_456_789n, meta });

test('GIVEN a worker THEN its log is JSON, and each line of a generation tells account, generation, run and attempt', async () => {
  const { makegood, startWorker } = ownQueue();
  const worker = await startWorker();
  const account = await newAccount();
  const { id, workflowId } = await start(makegood, account, 'refused');
  await makegood.result(account, id);
  const { runId } = await makegood.context.temporal.workflow.getHandle(workflowId).describe();

  const lines = await until('the line', async () => {
    const found = worker
      .output()
      .split('\n')
      .filter((line) => line.includes(id));
    // The attempt, the refund, and the workflow's own end.
    return found.length >= 3 && found;
  });
  const { time, ...line } = JSON.parse(lines[0] as string) as Record<string, unknown>;
  expect(line).toMatchObject({
    level: 'warn',
    account,
    generation: id,
    run: runId,
    attempt: 1,
    activity: 'email-draft',
  });
  expect(new Date(time as string).toISOString()).toBe(time);
  expect(line.error).toMatch(/^PROVIDER_REFUSED: /);
  for (const text of lines) {
    expect(JSON.parse(text)).not.toHaveProperty('stack');
    expect(text.length).toBeLessThan(600);
  }
});

test.each([
  ['pretty', /WARN +Activity failed account=/],
  ['silent', /^worker ready\n$/],
])('GIVEN MAKEGOOD_LOG=%s THEN the log is so', async (MAKEGOOD_LOG, expected) => {
  const { makegood, startWorker } = ownQueue({ MAKEGOOD_LOG });
  const worker = await startWorker();
  const account = await newAccount();
  const { id } = await start(makegood, account, 'flaky-1');
  await makegood.result(account, id);
  await worker.stop();

  expect(worker.output()).toMatch(expected);
});

test('GIVEN a failure that the code foresees THEN its line is its sentence, without a stack', () => {
  const failure = ApplicationFailure.create({ type: 'PROVIDER_REFUSED', message: 'no', cause: new Error('why') });
  const wrapped = new ActivityFailure(
    'Activity task failed',
    'email-draft',
    '1',
    RetryState.NON_RETRYABLE_FAILURE,
    'x',
    failure,
  );

  expect(entry('Workflow failed', { error: wrapped })).toEqual({
    time: '2026-11-18T11:06:40.123Z',
    level: 'warn',
    msg: 'Workflow failed',
    error: 'PROVIDER_REFUSED: no',
    cause: 'Error: why',
  });
  expect(entry('x', { error: new MakegoodError('POSTGRES_UNREACHABLE', 'away') })).toMatchObject({
    error: 'POSTGRES_UNREACHABLE: away',
  });
});

test('GIVEN a failure that a workflow has logged, copied out of its thread, THEN its line is its sentence too', () => {
  // As the structured clone leaves it: neither class nor name, only message and stack.
  const copied = new Error('Refunded 1 credit');
  copied.stack = ApplicationFailure.nonRetryable('Refunded 1 credit', 'PROVIDER_REFUSED').stack as string;
  expect(errorFields(copied)).toEqual({ error: 'ApplicationFailure: Refunded 1 credit' });
});

test('GIVEN a fault THEN its line has the stack', () => {
  const fault = new TypeError('x is not a function');
  expect(entry('x', { error: fault })).toMatchObject({ error: 'TypeError: x is not a function', stack: fault.stack });
});

test('GIVEN a workflow that is no generation THEN its line names the workflow', () => {
  expect(entry('x', { workflowId: 'makegood-sweep/q', runId: 'r', taskToken: 't' })).toEqual({
    time: expect.any(String),
    level: 'warn',
    msg: 'x',
    workflow: 'makegood-sweep/q',
    run: 'r',
  });
});

test('GIVEN fields that JSON has no form for THEN a line is still written', () => {
  const line = entry('two words', { big: 12n, text: 'a "b"', plain: 'c' });
  expect(JSON.parse(jsonLine(line))).toMatchObject({ big: '12', text: 'a "b"', plain: 'c' });
  expect(prettyLine(line)).toBe('11:06:40 WARN  two words big="12" text="a \\"b\\"" plain=c');
});
