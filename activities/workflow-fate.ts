import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { EVERY_RUN, type RunId } from '../ledger/ids';
import type { ReasonCode } from '../ledger/reasons';

/** What has become of the workflow behind a reservation. `over` names the run that no longer works, and why. */
export type Fate =
  | { readonly state: 'running' }
  | { readonly state: 'over'; readonly run: RunId; readonly reason: ReasonCode; readonly closedAt?: Date };

/** A describe takes milliseconds; one that takes this long says nothing, and nothing is touched. */
const DESCRIBE_TIMEOUT_MS = 5_000;

/**
 * The reason for the customer, by Temporal's word for how the newest run was closed. Any other word (RUNNING, PAUSED,
 * CONTINUED_AS_NEW and those to come) means that it may still work.
 */
const CLOSED: Partial<Record<string, ReasonCode>> = {
  TERMINATED: 'OPERATOR_TERMINATED',
  TIMED_OUT: 'WORKFLOW_TIMED_OUT',
  FAILED: 'WORKFLOW_FAILED',
  CANCELLED: 'CANCELLED',
  // It ended well and yet holds credits: a fault of ours.
  COMPLETED: 'INTERNAL_ERROR',
};

/** Asks for the newest run, never for one that a reset or a retry has replaced. Throws where Temporal does not answer. */
export async function fateOf(temporal: Client, workflowId: string): Promise<Fate> {
  try {
    const { runId, status, closeTime } = await temporal.connection.withDeadline(Date.now() + DESCRIBE_TIMEOUT_MS, () =>
      temporal.workflow.getHandle(workflowId).describe(),
    );
    const reason = CLOSED[status.name];
    if (!reason) return { state: 'running' };
    return { state: 'over', run: runId as RunId, reason, ...(closeTime ? { closedAt: closeTime } : {}) };
  } catch (error) {
    // Deleted, or retention has passed. A namespace that is not found is another error.
    if (error instanceof WorkflowNotFoundError) return { state: 'over', run: EVERY_RUN, reason: 'WORKFLOW_LOST' };
    throw error;
  }
}
