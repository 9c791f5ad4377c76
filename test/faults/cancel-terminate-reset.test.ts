import { settle } from '../../ledger/credits';
import type { AccountId, ExecutionId, GenerationId, RunId } from '../../ledger/ids';
import { client, makegood, newAccount, sandboxRequests, until } from '../harness';
import { expectToAddUp, movesOf } from '../harness/money';
import { deleteHistory, resetTo, start, statusOf } from '../harness/operators';
import { NO_SWEEP, ownNamespace } from '../harness/own-namespace';
import { sweepNow } from './sweep-now';

// What an operator may do to a workflow, and what then happens to the money. docs/operations.md tells the same.

let own: Awaited<ReturnType<typeof ownNamespace>>;
/** Tries the work once: a failure for good comes at once. */
let once: ReturnType<typeof client>;
beforeAll(async () => {
  own = await ownNamespace(NO_SWEEP);
  once = client({ env: own.env, tries: { attempts: 1 } });
  await own.startWorker();
});

const handle = (workflowId: string, runId?: string) =>
  own.makegood.context.temporal.workflow.getHandle(workflowId, runId);
const asked = async (to: string) => (await sandboxRequests({ to })).count;
const askedOnce = (to: string) => until('a request', async () => (await asked(to)) > 0);
const closed = (workflowId: string) =>
  until('the end', async () => {
    const status = await statusOf(own.makegood, workflowId);
    return status !== 'RUNNING' && status;
  });

describe('cancel', () => {
  test('GIVEN a draft at work THEN its provider call is given up and its credits come back', async () => {
    const account = await newAccount();
    const { id, to, workflowId } = await start(own.makegood, account, 'hang');
    await askedOnce(to);

    await handle(workflowId).cancel();

    expect(await own.makegood.result(account, id)).toMatchObject({ status: 'cancelled', reason: 'CANCELLED' });
    expect(await closed(workflowId)).toBe('CANCELLED');
    expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`, `REFUND 1 ${id} CANCELLED`]);
    expect((await sandboxRequests({ to })).aborted).toBe(1);
  });
});

describe('terminate', () => {
  test('GIVEN a draft at work WHEN it was terminated and refunded THEN nothing that the provider still brings is delivered or charged', async () => {
    const account = await newAccount();
    const { id, to, workflowId } = await start(own.makegood, account, 'slow-1500ms');
    await askedOnce(to);
    await handle(workflowId).terminate();
    await sweepNow(own.makegood);

    await until('the provider', async () =>
      (await sandboxRequests({ to })).requests.every(({ status, aborted }) => status !== undefined || aborted),
    );

    expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`, `REFUND 1 ${id} OPERATOR_TERMINATED`]);
    expect(await own.makegood.result(account, id)).toMatchObject({ status: 'refunded' });
    await expectToAddUp(account);
  });

  test('GIVEN a settle that was on its way arrives after the refund THEN nothing is charged', async () => {
    const account = await newAccount();
    const { id, workflowId } = await start(own.makegood, account, 'hang');
    const { runId } = await handle(workflowId).describe();
    await handle(workflowId).terminate();
    await sweepNow(own.makegood);

    expect(await lateSettle(account, id, runId, runId)).toEqual({ outcome: 'closed' });
    expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`, `REFUND 1 ${id} OPERATOR_TERMINATED`]);
  });

  test('GIVEN a settle of a run that a reset has replaced arrives after the refund THEN nothing is charged', async () => {
    const account = await newAccount();
    const { id, workflowId } = await start(own.makegood, account, 'hang');
    const { runId: replaced } = await handle(workflowId).describe();
    await resetTo(own.makegood, workflowId);
    await handle(workflowId).terminate();
    await sweepNow(own.makegood);

    expect(await lateSettle(account, id, replaced, replaced)).toEqual({ outcome: 'closed' });
    expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`, `REFUND 1 ${id} OPERATOR_TERMINATED`]);
  });

  function lateSettle(account: string, id: string, tried: string, run: string) {
    const generationRun = {
      account: account as AccountId,
      generation: id as GenerationId,
      execution: tried as ExecutionId,
      run: run as RunId,
    };
    return settle(own.makegood.context.db, generationRun, { subject: 'Late', body: 'Too late' });
  }
});

describe('reset', () => {
  test('GIVEN a draft at work WHEN it is reset to before the draft THEN it is drafted again and paid for once', async () => {
    const account = await newAccount();
    const { id, to, workflowId } = await start(own.makegood, account, 'slow-1500ms');
    const { runId: first } = await handle(workflowId).describe();
    await askedOnce(to);

    await resetTo(own.makegood, workflowId);

    expect(await own.makegood.result(account, id)).toMatchObject({ status: 'succeeded', charged: 1, refunded: 0 });
    expect((await handle(workflowId, first).describe()).status.name).toBe('TERMINATED');
    expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`, `SETTLE -1 ${id}`]);
    expect(await asked(to)).toBe(2);
    await expectToAddUp(account);
  });

  test('GIVEN somebody waits for the result of a draft that keeps failing WHEN an operator resets it THEN he gets what the new run brings', async () => {
    const account = await newAccount();
    const { id, to, workflowId } = await start(own.makegood, account, 'second-run');
    const waiting = own.makegood.result(account, id);
    // By the second request he has long been waiting on the first run.
    await until('the second request', async () => (await asked(to)) > 1);

    await resetTo(own.makegood, workflowId);

    expect(await waiting).toMatchObject({ status: 'succeeded', charged: 1, refunded: 0 });
    expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`, `SETTLE -1 ${id}`]);
  });

  test('GIVEN a draft that was refunded WHEN a reset brings it after all THEN it is charged once more', async () => {
    const account = await newAccount();
    const { id, workflowId } = await start(once, account, 'second-run');
    expect(await once.result(account, id)).toMatchObject({ status: 'refunded' });
    await closed(workflowId);

    await resetTo(once, workflowId);

    expect(await closed(workflowId)).toBe('COMPLETED');
    expect(await once.result(account, id)).toMatchObject({ status: 'succeeded', charged: 2, refunded: 1 });
    expect(await movesOf(account)).toEqual([
      `RESERVE -1 ${id}`,
      `REFUND 1 ${id} PROVIDER_UNAVAILABLE`,
      `RESERVE -1 ${id}`,
      `SETTLE -1 ${id}`,
    ]);
    await expectToAddUp(account);
  });

  test('GIVEN a draft that was refunded, and the credits spent since, WHEN it is reset THEN no draft and no charge', async () => {
    const account = await newAccount(1);
    const { id, workflowId } = await start(once, account, 'second-run');
    await closed(workflowId);
    const spent = await start(once, account, 'ok');
    await once.result(account, spent.id);

    await resetTo(once, workflowId);

    expect(await closed(workflowId)).toBe('FAILED');
    expect(await once.result(account, id)).toMatchObject({ status: 'refunded', charged: 1, refunded: 1 });
    expect(await makegood().balance(account)).toMatchObject({ balance: 0, held: 0 });
    expect(await movesOf(account)).toEqual([
      `RESERVE -1 ${id}`,
      `REFUND 1 ${id} PROVIDER_UNAVAILABLE`,
      `RESERVE -1 ${spent.id}`,
      `SETTLE -1 ${spent.id}`,
    ]);
  });

  test.each(['first', 'last'] as const)(
    'GIVEN a draft that was refunded WHEN it is reset to its %s task and fails again THEN it costs nothing',
    async (task) => {
      const account = await newAccount();
      const { id, workflowId } = await start(once, account, 'down');
      await closed(workflowId);

      await resetTo(once, workflowId, task);

      expect(await closed(workflowId)).toBe('FAILED');
      expect(await once.result(account, id)).toMatchObject({ status: 'refunded' });
      expect(await makegood().balance(account)).toMatchObject({ balance: 10, held: 0 });
      await expectToAddUp(account);
    },
  );

  test.each(['first', 'last'] as const)(
    'GIVEN a draft that was delivered WHEN it is reset to its %s task THEN it stays that draft, paid for once',
    async (task) => {
      const account = await newAccount();
      const { id, to, workflowId } = await start(own.makegood, account, 'ok');
      const before = await own.makegood.result(account, id);
      await closed(workflowId);

      await resetTo(own.makegood, workflowId, task);

      expect(await closed(workflowId)).toBe('COMPLETED');
      expect(await own.makegood.result(account, id)).toEqual(before);
      expect(await handle(workflowId).result()).toEqual(before?.status === 'succeeded' && before.output);
      expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`, `SETTLE -1 ${id}`]);
      expect(await asked(to)).toBe(1);
    },
  );
});

describe('a history that is deleted, or older than retention', () => {
  test('GIVEN a delivered draft WHEN the same id is asked for again THEN the stored draft is the answer', async () => {
    const account = await newAccount();
    const { id, to, workflowId } = await start(own.makegood, account, 'ok');
    const before = await own.makegood.result(account, id);
    await closed(workflowId);
    await deleteHistory(own.makegood, workflowId);

    const input = { to, goal: 'Ask for a date' };
    expect(await own.makegood.start({ account, id, kind: 'email-draft', input })).toMatchObject(before ?? {});

    expect(await asked(to)).toBe(1);
    expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`, `SETTLE -1 ${id}`]);
    expect(await statusOf(own.makegood, workflowId)).toBe('GONE');
  }, 120_000);

  test('GIVEN a draft at work THEN it is refunded as lost, and can be retried with its input', async () => {
    const account = await newAccount();
    const { id, to, workflowId } = await start(own.makegood, account, 'second-run');
    await askedOnce(to);
    await deleteHistory(own.makegood, workflowId);
    await sweepNow(own.makegood);

    await expect(own.makegood.retry(account, id)).rejects.toMatchObject({ code: 'INPUT_GONE' });
    await own.makegood.retry(account, id, { input: { to, goal: 'Ask for a date' } });

    expect(await own.makegood.result(account, id)).toMatchObject({ status: 'succeeded', charged: 2, refunded: 1 });
    expect(await movesOf(account)).toEqual([
      `RESERVE -1 ${id}`,
      `REFUND 1 ${id} WORKFLOW_LOST`,
      `RESERVE -1 ${id}`,
      `SETTLE -1 ${id}`,
    ]);
  });
});
