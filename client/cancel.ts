import { WorkflowNotFoundError } from '@temporalio/client';
import { MakegoodError } from '../errors';
import { readGeneration } from '../ledger/generations';
import type { AccountId, GenerationId } from '../ledger/ids';
import { asTemporalError } from '../temporal/reachable';
import { isPart, workflowIdOf } from '../temporal/workflow-id';
import type { Context } from './context';

/**
 * Asks the generation to stop: its credits come back, unless its draft is there first. Idempotent; does nothing to one
 * that has ended. Throws UNKNOWN_GENERATION, PART_OF_WORKFLOW.
 */
export async function cancelGeneration(ctx: Context, account: AccountId, id: GenerationId): Promise<void> {
  const known = await readGeneration(ctx.db, account, id).catch(unlessAway);
  if (known?.status === 'RESERVED' && isPart(known)) throw new MakegoodError('PART_OF_WORKFLOW');
  try {
    await ctx.temporal.workflow.getHandle(workflowIdOf(account, id)).cancel();
  } catch (error) {
    // Ended, or gone from Temporal: the ledger knows which generations there have been.
    if (!(error instanceof WorkflowNotFoundError)) throw asTemporalError(error, ctx.temporalAddress);
    if (!(known ?? (await readGeneration(ctx.db, account, id)))) throw new MakegoodError('UNKNOWN_GENERATION');
  }
}

/** With Postgres away a cancellation need not wait for it. */
function unlessAway(error: unknown): undefined {
  if (!(error instanceof MakegoodError && error.code === 'POSTGRES_UNREACHABLE')) throw error;
}
