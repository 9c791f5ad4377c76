import { type Client, type WorkflowExecutionStatusName, WorkflowNotFoundError } from '@temporalio/client';
import type { NewestRun, WorkflowWitness } from '../ledger/audit';
import { namespaceId } from './namespace';

/** Tells the audit of workflows, from Temporal. Throws as the client does where it is not reachable. */
export async function temporalWitness(temporal: Client): Promise<WorkflowWitness> {
  return { namespaceId: await namespaceId(temporal), newestRun: (workflowId) => newestRun(temporal, workflowId) };
}

async function newestRun(temporal: Client, workflowId: string): Promise<NewestRun> {
  try {
    // Without a run id Temporal answers of the newest run.
    const { status, closeTime } = await temporal.workflow.getHandle(workflowId).describe();
    return { status: STATUS[status.name], ...(closeTime === undefined ? {} : { closedAt: closeTime }) };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'gone';
    throw error;
  }
}

type Status = Exclude<NewestRun, 'gone'>['status'];

const STATUS: Record<WorkflowExecutionStatusName, Status> = {
  RUNNING: 'RUNNING',
  COMPLETED: 'COMPLETED',
  FAILED: 'FAILED',
  CANCELLED: 'CANCELED',
  TERMINATED: 'TERMINATED',
  TIMED_OUT: 'TIMED_OUT',
  // Paused, gone on in a newer run, or unknown to this client: not over.
  PAUSED: 'RUNNING',
  CONTINUED_AS_NEW: 'RUNNING',
  UNSPECIFIED: 'RUNNING',
  UNKNOWN: 'RUNNING',
};
