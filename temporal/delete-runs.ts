import { type Client, isGrpcServiceError } from '@temporalio/client';
import { temporal as proto } from '@temporalio/proto';

/** One run of a workflow, as Temporal's visibility lists it. */
export interface ListedRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly running: boolean;
}

const { WORKFLOW_EXECUTION_STATUS_RUNNING, WORKFLOW_EXECUTION_STATUS_PAUSED } =
  proto.api.enums.v1.WorkflowExecutionStatus;

/** A page of visibility: the most that a server gives. */
const PAGE = 1_000;
/** Deletions asked for at once: each is a few milliseconds of the server's. */
const AT_ONCE = 16;
/** gRPC's NOT_FOUND. */
const NOT_FOUND = 5;

/** The runs that a query of visibility finds, replaced ones too. A run is listed moments after it has begun or closed. */
export async function* listRuns(temporal: Client, query: string): AsyncGenerator<ListedRun[]> {
  const { namespace } = temporal.options;
  for (let nextPageToken: Uint8Array | undefined; ; ) {
    const page = await temporal.workflowService.listWorkflowExecutions({
      ...{ namespace, query, pageSize: PAGE },
      ...(nextPageToken ? { nextPageToken } : {}),
    });
    yield (page.executions ?? []).map(({ execution, status }) => ({
      workflowId: execution?.workflowId ?? '',
      runId: execution?.runId ?? '',
      running: status === WORKFLOW_EXECUTION_STATUS_RUNNING || status === WORKFLOW_EXECUTION_STATUS_PAUSED,
    }));
    nextPageToken = page.nextPageToken ?? undefined;
    if (!nextPageToken?.length) return;
  }
}

/**
 * Deletes the histories of these runs, and all that is listed of them. The server has taken it on when this resolves,
 * and does it in its own time, seconds mostly. Answers how many there were: one that is gone already is none.
 */
export async function deleteRuns(temporal: Client, runs: readonly Omit<ListedRun, 'running'>[]): Promise<number> {
  const { namespace } = temporal.options;
  let deleted = 0;
  for (let first = 0; first < runs.length; first += AT_ONCE) {
    const asked = runs.slice(first, first + AT_ONCE).map(async (workflowExecution) => {
      try {
        await temporal.workflowService.deleteWorkflowExecution({ namespace, workflowExecution });
        deleted++;
      } catch (error) {
        if (!isGrpcServiceError(error) || error.code !== NOT_FOUND) throw error;
      }
    });
    await Promise.all(asked);
  }
  return deleted;
}
