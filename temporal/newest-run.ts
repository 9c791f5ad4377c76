import { type Client, isGrpcServiceError } from '@temporalio/client';
import { decodeMapFromPayloads } from '@temporalio/common/lib/internal-non-workflow';
import { temporal as proto } from '@temporalio/proto';
import { REQUEST_MS } from './connection';

type Description = Awaited<ReturnType<Client['workflowService']['describeWorkflowExecution']>>;

/** What Temporal says of the newest run of a workflow id. */
export interface NewestRun {
  readonly runId: string;
  /** Temporal's own word: RUNNING, PAUSED, COMPLETED, FAILED, CANCELED, TERMINATED, TIMED_OUT, CONTINUED_AS_NEW, … */
  readonly status: string;
  readonly closedAt?: Date;
  /** What it was started with for those who ask; empty where it is encrypted under a key that is not the client's. */
  memo(): Promise<Readonly<Record<string, unknown>>>;
}

const { WorkflowExecutionStatus } = proto.api.enums.v1;

/**
 * The newest run of a workflow id, never one that a reset or a retry has replaced; nothing where Temporal knows of none:
 * deleted, or retention has passed. Reads no payload, so an encrypted workflow is as good as any. Strongly consistent.
 * Throws where Temporal does not answer by the deadline (in ms of the epoch; none: the one that is set around the call, or the connection's own), and where
 * there is no such namespace.
 */
export async function newestRun(
  temporal: Client,
  workflowId: string,
  deadline?: number,
): Promise<NewestRun | undefined> {
  const description = await describeRun(temporal, { workflowId }, deadline);
  if (!description) return undefined;
  const { workflowExecutionInfo: info } = description;
  const seconds = info?.closeTime && Number(info.closeTime.seconds) + (info.closeTime.nanos ?? 0) / 1e9;
  return {
    runId: info?.execution?.runId ?? '',
    status: wordOf(info?.status ?? 0),
    ...(seconds ? { closedAt: new Date(seconds * 1000) } : {}),
    memo: async () => {
      const fields = decodeMapFromPayloads(temporal.options.loadedDataConverter, info?.memo?.fields);
      return (await fields.catch(() => undefined)) ?? {};
    },
  };
}

/** Whether this run is the newest of its workflow, and open: what makes it `proven` to the ledger. */
export async function isNewestRun(temporal: Client, workflowId: string, runId: string): Promise<boolean> {
  const newest = await newestRun(temporal, workflowId, Date.now() + REQUEST_MS);
  return newest?.runId === runId && newest.status === 'RUNNING';
}

/** The execution that a run belongs to, the same over every reset: what its first event says. Reads no payload. */
export async function executionOf(
  temporal: Client,
  execution: { workflowId: string; runId: string },
  deadline: number,
): Promise<string | undefined> {
  const { namespace } = temporal.options;
  const { history } = await temporal.connection.withDeadline(deadline, () =>
    temporal.workflowService.getWorkflowExecutionHistory({ namespace, execution, maximumPageSize: 1 }),
  );
  return history?.events?.[0]?.workflowExecutionStartedEventAttributes?.originalExecutionRunId ?? undefined;
}

/** gRPC's NOT_FOUND. */
const NOT_FOUND = 5;

/** The raw answer, of the newest run where none is named; nothing where there is none. Throws as `newestRun` does. */
export async function describeRun(
  temporal: Client,
  execution: { workflowId: string; runId?: string },
  deadline?: number,
): Promise<Description | undefined> {
  const { namespace } = temporal.options;
  try {
    const ask = () => temporal.workflowService.describeWorkflowExecution({ namespace, execution });
    return await (deadline === undefined ? ask() : temporal.connection.withDeadline(deadline, ask));
  } catch (error) {
    // A namespace that is not found is another error, of the same code.
    if (isGrpcServiceError(error) && error.code === NOT_FOUND && !/namespace/i.test(error.details ?? ''))
      return undefined;
    throw error;
  }
}

/** Temporal's word for a status, without its prefix. */
export const wordOf = (status: number): string =>
  (WorkflowExecutionStatus[status] ?? 'UNKNOWN').replace('WORKFLOW_EXECUTION_STATUS_', '');
