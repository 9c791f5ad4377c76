import type { Client } from '@temporalio/client';
import type { RunId } from '../ledger/ids';
import type { ReasonCode } from '../ledger/reasons';
import { describeRun, executionOf, newestRun, wordOf } from '../temporal/newest-run';
import { idsOf } from '../temporal/workflow-id';

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

interface Holder {
  readonly workflowId: string;
  readonly execution: string;
  readonly holder: string;
}

/** Asks for the newest run, never for one that a reset or a retry has replaced. Throws where Temporal does not answer. */
export async function fateOf(temporal: Client, held: Holder): Promise<Fate> {
  const deadline = Date.now() + PATIENCE_MS;
  const newest = await newestRun(temporal, held.workflowId, deadline);
  // Deleted, or retention has passed.
  if (!newest) return { state: 'over', run: null, reason: 'WORKFLOW_LOST' };
  const reason = CLOSED[newest.status];
  if (!reason) return (await isLeftBehind(temporal, held, newest.runId, deadline)) ?? { state: 'running' };
  const { runId, closedAt } = newest;
  return { state: 'over', run: runId as RunId, reason, ...(closedAt ? { closedAt } : {}) };
}

/**
 * Under an id of a host's own the newest run may be of another execution, which knows nothing of this hold: the host has
 * used the id again. Under an id of ours it is a retry, which takes the hold over.
 */
async function isLeftBehind(
  temporal: Client,
  { workflowId, execution, holder }: Holder,
  newestId: string,
  deadline: number,
): Promise<Fate | undefined> {
  if (idsOf(workflowId) || newestId === holder) return undefined;
  if ((await executionOf(temporal, { workflowId, runId: newestId }, deadline)) === execution) return undefined;
  const described = await describeRun(temporal, { workflowId, runId: holder }, deadline);
  const status = wordOf(described?.workflowExecutionInfo?.status ?? 0);
  const reason = described ? (CLOSED[status] ?? 'INTERNAL_ERROR') : 'WORKFLOW_LOST';
  return { state: 'over', run: null, reason };
}
