import { MakegoodError } from '../errors';
import { type GenerationRecord, readGeneration } from '../ledger/generations';
import type { AccountId, GenerationId } from '../ledger/ids';
import { isUnreachable } from '../temporal/reachable';
import { isPart, workflowIdOf } from '../temporal/workflow-id';
import type { Context } from './context';
import { isUnheldRetry, type NewestStart, newestStart } from './newest-start';
import { type Ended, endOf, sumsOf } from './progress';
import { awaitEnd } from './result';

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
  /** How it ended; null while it is under way, or waits. */
  readonly end: Ended | null;
  readonly charged: number;
  readonly refunded: number;
  readonly attempts: number;
  readonly workflow: WorkflowState;
}

/** A workflow that has ended tells why at once. */
const END_MS = 1_000;

/**
 * All that is known of a generation, from the ledger and from Temporal. Throws UNKNOWN_GENERATION, and where the ledger
 * has not heard of it and Temporal is away, TEMPORAL_UNREACHABLE.
 */
export async function describeGeneration(
  ctx: Context,
  account: AccountId,
  id: GenerationId,
): Promise<GenerationDescription> {
  const [record, supposed] = await Promise.all([readGeneration(ctx.db, account, id), workflowState(ctx, account, id)]);
  const part = record !== undefined && isPart(record);
  const { start, ...workflow } = part ? await workflowState(ctx, account, id, record.workflowId) : supposed;
  if (!record && workflow.status === 'GONE') throw new MakegoodError('UNKNOWN_GENERATION');
  if (!record && workflow.status === 'UNKNOWN') {
    const message = 'The ledger has not heard of this generation, and Temporal is not reachable: ask again.';
    throw new MakegoodError('TEMPORAL_UNREACHABLE', message);
  }
  const held = record && (part || !isUnheldRetry(record, start));
  const end = held ? endOf(record, record.output) : await endUnheld(ctx, account, id, workflow);
  return { account, id, record: record ?? null, end: end ?? null, ...sumsOf(record), workflow };
}

/** What has ended without a hold was turned away, or stopped before it: Temporal knows why. */
async function endUnheld(ctx: Context, account: AccountId, id: GenerationId, { status }: WorkflowState) {
  if (status === 'RUNNING') return undefined;
  return awaitEnd(ctx, account, id, Date.now() + END_MS);
}

async function workflowState(
  ctx: Context,
  account: AccountId,
  id: GenerationId,
  workflowId: string = workflowIdOf(account, id),
): Promise<WorkflowState & { start?: NewestStart }> {
  const nothing = { workflowId, runId: null, url: workflowUrl(ctx, workflowId) };
  try {
    const start = await newestStart(ctx, account, id, workflowId);
    if (!start) return { ...nothing, status: 'GONE' };
    const { runId, status } = start;
    return { workflowId, runId, status, url: workflowUrl(ctx, workflowId, runId), start };
  } catch (error) {
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
