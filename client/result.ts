import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { MakegoodError } from '../errors';
import { type GenerationRecord, readGeneration } from '../ledger/generations';
import type { AccountId, GenerationId } from '../ledger/ids';
import { isAway } from '../temporal/reachable';
import { isPart, workflowIdOf } from '../temporal/workflow-id';
import type { Context } from './context';
import { isUnheldRetry, type NewestStart, newestStart } from './newest-start';
import { cancelledBeforeHeld, type Ended, endOf, sumsOf } from './progress';

/** How soon we look again: at a reservation that the sweep is about to refund, or at a server that is away. */
const LOOK_AGAIN_MS = 500;

/**
 * Waits until the generation has ended, and answers from the ledger. Goes on through a reset (the new run's answer
 * counts), and while Postgres or Temporal is away. Nothing where `deadline` (in ms of the epoch) passes first.
 * Throws UNKNOWN_GENERATION.
 */
export async function awaitEnd(
  ctx: Context,
  account: AccountId,
  id: GenerationId,
  deadline = Number.POSITIVE_INFINITY,
): Promise<Ended | undefined> {
  for (;;) {
    try {
      const ended = await look(ctx, account, id, deadline);
      if (ended) return ended;
    } catch (error) {
      if (!isAway(error)) throw error;
    }
    const left = deadline - Date.now();
    if (left <= 0) return undefined;
    await sleep(Math.min(LOOK_AGAIN_MS, left));
  }
}

/** Follows the newest run to its end and says what came of it; nothing where that is not decided yet. */
async function look(ctx: Context, account: AccountId, id: GenerationId, deadline: number): Promise<Ended | undefined> {
  const before = await readGeneration(ctx.db, account, id);
  if (before?.status === 'SUCCEEDED') return endOf(before);
  // Its workflow goes on when it has ended.
  if (before && isPart(before)) return endOf(before);

  // Never the run of a handle that an operator's reset has replaced: the newest, each time.
  const ends = () => newestRunEnds(ctx, account, id);
  const end = await (Number.isFinite(deadline) ? ctx.temporal.connection.withDeadline(deadline, ends) : ends());
  if (end === 'running') return undefined;
  const after = await readGeneration(ctx.db, account, id);
  if (end === 'unknown') {
    if (after) return endOf(after);
    throw new MakegoodError('UNKNOWN_GENERATION');
  }
  if (after && !isUnheldRetry(after, end.start)) return endOf(after);
  return endUnheld(account, id, end.failure, after);
}

type RunEnd = 'running' | 'unknown' | { readonly start: NewestStart; readonly failure?: WorkflowFailedError };

async function newestRunEnds(ctx: Context, account: AccountId, id: GenerationId): Promise<RunEnd> {
  const start = await newestStart(ctx, account, id);
  if (!start) return 'unknown';
  try {
    await ctx.temporal.workflow.getHandle(workflowIdOf(account, id), start.runId).result();
    return { start };
  } catch (failure) {
    if (failure instanceof WorkflowNotFoundError) return 'unknown';
    if (!(failure instanceof WorkflowFailedError)) throw failure;
    const newest = await newestStart(ctx, account, id);
    return newest?.status === 'RUNNING' ? 'running' : { start, failure };
  }
}

/** Ended without a hold of its own. What was held and given back by the tries before stands as it is. */
function endUnheld(
  account: AccountId,
  id: GenerationId,
  failure: WorkflowFailedError | undefined,
  before: GenerationRecord | undefined,
): Ended {
  const cause = failure?.cause;
  if (!(cause instanceof ApplicationFailure)) return cancelledBeforeHeld({ account, id }, before);
  const { type, message } = cause;
  return { status: 'rejected', reason: type ?? 'INTERNAL_ERROR', message, account, id, ...sumsOf(before) };
}
