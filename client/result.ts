import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { MakegoodError } from '../errors';
import { readGeneration } from '../ledger/generations';
import type { AccountId, GenerationId } from '../ledger/ids';
import type { Context } from './context';
import { cancelledBeforeHeld, type Ended, endOf } from './progress';
import { isUnreachable } from './temporal';
import { workflowIdOf } from './workflow-id';

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

  // Never the run of a handle that an operator's reset has replaced: the newest, each time.
  const ends = () => newestRunEnds(ctx, workflowIdOf(account, id));
  const failure = await (Number.isFinite(deadline) ? ctx.temporal.connection.withDeadline(deadline, ends) : ends());
  if (failure === 'running') return undefined;
  const after = await readGeneration(ctx.db, account, id);
  if (after) return endOf(after);
  if (failure === 'unknown') throw new MakegoodError('UNKNOWN_GENERATION');
  return turnedAway(account, id, failure);
}

type RunEnd = 'running' | 'unknown' | 'completed' | WorkflowFailedError;

async function newestRunEnds(ctx: Context, workflowId: string): Promise<RunEnd> {
  const newest = ctx.temporal.workflow.getHandle(workflowId);
  try {
    const { runId } = await newest.describe();
    await ctx.temporal.workflow.getHandle(workflowId, runId).result();
    return 'completed';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'unknown';
    if (!(error instanceof WorkflowFailedError)) throw error;
    const { status } = await newest.describe();
    return status.name === 'RUNNING' ? 'running' : error;
  }
}

/** Ended, and the ledger has never heard of it: it held nothing. */
function turnedAway(account: AccountId, id: GenerationId, end: RunEnd): Ended {
  const cause = end instanceof WorkflowFailedError ? end.cause : undefined;
  if (!(cause instanceof ApplicationFailure)) return cancelledBeforeHeld(account, id);
  const { type, message } = cause;
  return {
    status: 'rejected',
    reason: type ?? 'INTERNAL_ERROR',
    message,
    account,
    id,
    charged: 0,
    refunded: 0,
    attempts: 0,
  };
}

const isAway = (error: unknown) =>
  isUnreachable(error) || (error instanceof MakegoodError && error.code === 'POSTGRES_UNREACHABLE');
