import { WorkflowNotFoundError } from '@temporalio/client';
import { MakegoodError } from '../errors';
import { type GenerationRecord, readGeneration } from '../ledger/generations';
import type { AccountId, GenerationId } from '../ledger/ids';
import type { Context } from './context';
import { sums } from './progress';
import { isUnreachable } from './temporal';
import { workflowIdOf } from './workflow-id';

/** What Temporal knows of a generation's newest run. */
export interface WorkflowState {
  readonly workflowId: string;
  readonly runId: string | null;
  /** Temporal's own word (RUNNING, COMPLETED, FAILED, …); GONE where it no longer knows, UNKNOWN where it is away. */
  readonly status: string;
  /** In Temporal's Web UI, where its address is known. */
  readonly url: string | null;
}

/** `record` is missing where nothing has been held yet, or ever. */
export interface GenerationDescription {
  readonly account: string;
  readonly id: string;
  readonly record: GenerationRecord | null;
  readonly charged: number;
  readonly refunded: number;
  readonly attempts: number;
  readonly workflow: WorkflowState;
}

/** All that is known of a generation, from the ledger and from Temporal. Throws UNKNOWN_GENERATION. */
export async function describeGeneration(
  ctx: Context,
  account: AccountId,
  id: GenerationId,
): Promise<GenerationDescription> {
  const [record, workflow] = await Promise.all([readGeneration(ctx.db, account, id), workflowState(ctx, account, id)]);
  if (!record && workflow.status === 'GONE') throw new MakegoodError('UNKNOWN_GENERATION');
  const amounts = record ? sums(record) : { charged: 0, refunded: 0, attempts: 0 };
  return { account, id, record: record ?? null, ...amounts, workflow };
}

async function workflowState(ctx: Context, account: AccountId, id: GenerationId): Promise<WorkflowState> {
  const workflowId = workflowIdOf(account, id);
  try {
    const { runId, status } = await ctx.temporal.workflow.getHandle(workflowId).describe();
    return { workflowId, runId, status: status.name, url: workflowUrl(ctx, workflowId, runId) };
  } catch (error) {
    const nothing = { workflowId, runId: null, url: workflowUrl(ctx, workflowId) };
    if (error instanceof WorkflowNotFoundError) return { ...nothing, status: 'GONE' };
    if (isUnreachable(error)) return { ...nothing, status: 'UNKNOWN' };
    throw error;
  }
}

/** Where an operator sees the workflow in Temporal's Web UI. */
export function workflowUrl(ctx: Context, workflowId: string, runId?: string): string | null {
  if (!ctx.temporalUiUrl) return null;
  const namespace = encodeURIComponent(ctx.temporal.options.namespace);
  const path = `${ctx.temporalUiUrl.replace(/\/$/, '')}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}`;
  return runId === undefined ? path : `${path}/${runId}/history`;
}
