import { type Client, isGrpcServiceError } from '@temporalio/client';
import { temporal as proto } from '@temporalio/proto';

const { WorkflowExecutionStatus } = proto.api.enums.v1;
type Status = keyof typeof WorkflowExecutionStatus;

/** What Temporal says of the newest run of a workflow id. */
export interface NewestRun {
  readonly runId: string;
  /** Temporal's own word, without its prefix: RUNNING, COMPLETED, FAILED, CANCELED, TERMINATED, TIMED_OUT, … */
  readonly status: string;
  readonly closedAt?: Date;
}

/** gRPC's NOT_FOUND. */
const NOT_FOUND = 5;
/** A describe takes milliseconds; one that takes this long says nothing. */
const DEADLINE_MS = 5_000;

/**
 * The newest run of a workflow id, never one that a reset or a retry has replaced; nothing where Temporal knows of none:
 * deleted, or retention has passed. Reads no payload, so an encrypted workflow is as good as any. Strongly consistent.
 * Throws where Temporal does not answer, and where there is no such namespace.
 */
export async function newestRun(temporal: Client, workflowId: string): Promise<NewestRun | undefined> {
  const { namespace } = temporal.options;
  try {
    const { workflowExecutionInfo: info } = await temporal.connection.withDeadline(Date.now() + DEADLINE_MS, () =>
      temporal.workflowService.describeWorkflowExecution({ namespace, execution: { workflowId } }),
    );
    const name = WorkflowExecutionStatus[info?.status ?? 0] as Status;
    const seconds = info?.closeTime && Number(info.closeTime.seconds) + (info.closeTime.nanos ?? 0) / 1e9;
    return {
      runId: info?.execution?.runId ?? '',
      status: name.replace('WORKFLOW_EXECUTION_STATUS_', ''),
      ...(seconds ? { closedAt: new Date(seconds * 1000) } : {}),
    };
  } catch (error) {
    // A namespace that is not found is another error, of the same code.
    if (isGrpcServiceError(error) && error.code === NOT_FOUND && !/namespace/i.test(error.details ?? ''))
      return undefined;
    throw error;
  }
}

/** Whether this run is the newest of its workflow, and open: what makes it `proven` to the ledger. */
export async function isNewestRun(temporal: Client, workflowId: string, runId: string): Promise<boolean> {
  const newest = await newestRun(temporal, workflowId);
  return newest?.runId === runId && newest.status === 'RUNNING';
}
