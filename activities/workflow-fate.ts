import type { Client } from '@temporalio/client';
import type { RunId } from '../ledger/ids';
import type { ReasonCode } from '../ledger/reasons';
import { newestRun } from '../temporal/newest-run';

/** What has become of the workflow behind a reservation. `over` names the run that no longer works (null: gone), and why. */
export type Fate =
  | { readonly state: 'running' }
  | { readonly state: 'over'; readonly run: RunId | null; readonly reason: ReasonCode; readonly closedAt?: Date };

/**
 * The reason for the customer, by Temporal's word for how the newest run was closed. Any other word (RUNNING, PAUSED,
 * CONTINUED_AS_NEW and those to come) means that it may still work.
 */
const CLOSED: Partial<Record<string, ReasonCode>> = {
  TERMINATED: 'OPERATOR_TERMINATED',
  TIMED_OUT: 'WORKFLOW_TIMED_OUT',
  FAILED: 'WORKFLOW_FAILED',
  CANCELED: 'CANCELLED',
  // It ended well and yet holds credits: a fault of ours.
  COMPLETED: 'INTERNAL_ERROR',
};

/** One that takes longer says nothing this time: a sweep must not wait for a frozen server. */
const PATIENCE_MS = 5_000;

/** Asks for the newest run, never for one that a reset or a retry has replaced. Throws where Temporal does not answer. */
export async function fateOf(temporal: Client, workflowId: string): Promise<Fate> {
  const newest = await newestRun(temporal, workflowId, Date.now() + PATIENCE_MS);
  // Deleted, or retention has passed.
  if (!newest) return { state: 'over', run: null, reason: 'WORKFLOW_LOST' };
  const reason = CLOSED[newest.status];
  if (!reason) return { state: 'running' };
  const { runId, closedAt } = newest;
  return { state: 'over', run: runId as RunId, reason, ...(closedAt ? { closedAt } : {}) };
}
