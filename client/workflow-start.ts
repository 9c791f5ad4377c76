import { randomUUID } from 'node:crypto';
import { WithStartWorkflowOperation, type WorkflowIdReusePolicy, WorkflowUpdateFailedError } from '@temporalio/client';
import { GenerationConflict } from '../errors';
import { workflowIdOf } from '../temporal/workflow-id';
import { type HeldAnswer, heldUpdate, MAKEGOOD_ACCOUNT } from '../workflows/interface';
import type { Order } from '../workflows/order';
import type { Context } from './context';
import { memoOf, newestStart } from './newest-start';
import { overtaken } from './start-failures';

/**
 * A worker killed between two workflow tasks' work is noticed after this long. The task itself takes milliseconds, and
 * a local activity within it beats for more time.
 */
const WORKFLOW_TASK_TIMEOUT = '2 seconds';
/** Whatever the kind: workflows/paid-work.ts. */
const GENERATION_WORKFLOW = 'paidWork';
/** What Temporal takes for a summary, in bytes of UTF-8. */
const SUMMARY_BYTES = 200;

/** The run that was asked has ended, or is about to, without the hold. */
export interface EndedRun {
  readonly outcome: 'ended';
  readonly run: string | undefined;
  readonly cause: Error | undefined;
}

/** Starts the workflow, or finds it at work, and waits until it has an answer about the hold. */
export async function askHeld(
  ctx: Context,
  order: Order,
  reuse: WorkflowIdReusePolicy,
  deadline: number,
): Promise<HeldAnswer | EndedRun> {
  return ctx.temporal.connection.withDeadline(deadline, async () => {
    const startWorkflowOperation = new WithStartWorkflowOperation(GENERATION_WORKFLOW, {
      ...(await startOptions(ctx, order, reuse)),
      workflowIdConflictPolicy: 'USE_EXISTING',
    });
    const asked = await ctx.temporal.workflow.startUpdateWithStart(heldUpdate, {
      args: [order.inputHash],
      // Fresh each time: under a fixed id a closed run would answer for a new one.
      updateId: randomUUID(),
      // The answer comes with it, if the hold is made in the workflow's first task, as it mostly is.
      waitForStage: 'ACCEPTED',
      startWorkflowOperation,
    });
    try {
      return await asked.result();
    } catch (error) {
      if (!(error instanceof WorkflowUpdateFailedError)) throw error;
      return { outcome: 'ended', run: asked.workflowRunId, cause: error.cause };
    }
  });
}

/** Starts the workflow and waits for nothing. Throws WorkflowExecutionAlreadyStartedError, also for one at work. */
export async function startOnly(ctx: Context, order: Order, reuse: WorkflowIdReusePolicy): Promise<void> {
  await ctx.temporal.workflow.start(GENERATION_WORKFLOW, {
    ...(await startOptions(ctx, order, reuse)),
    workflowIdConflictPolicy: 'FAIL',
  });
}

/**
 * Whether the order's workflow is at work; for a retry, the one that was started after the same refund. Throws
 * GenerationConflict if it works on another input, NOT_REFUNDED if for another key, TEMPORAL_UNREACHABLE.
 */
export async function isRunning(ctx: Context, order: Order): Promise<boolean> {
  const found = await newestStart(ctx, order.account, order.generation);
  if (found?.status !== 'RUNNING') return false;
  if (found.inputHash !== order.inputHash) throw new GenerationConflict();
  if (order.after === undefined) return true;
  if (found.after !== order.after) return false;
  if (order.retryKey !== undefined && found.retryKey !== order.retryKey) throw overtaken();
  return true;
}

async function startOptions(ctx: Context, order: Order, workflowIdReusePolicy: WorkflowIdReusePolicy) {
  const indexed = await ctx.indexed();
  return {
    taskQueue: ctx.kinds.get(order.kind)?.taskQueue ?? ctx.taskQueue,
    workflowId: workflowIdOf(order.account, order.generation),
    args: [{ ...order, indexed }],
    workflowIdReusePolicy,
    workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT,
    staticSummary: summary(order.label),
    memo: memoOf(order),
    ...(indexed ? { typedSearchAttributes: [{ key: MAKEGOOD_ACCOUNT, value: order.account as string }] } : {}),
  };
}

function summary(label: string): string {
  const bytes = Buffer.from(label);
  return bytes.length <= SUMMARY_BYTES ? label : `${new TextDecoder().decode(bytes.subarray(0, SUMMARY_BYTES - 6))}…`;
}
