import type { Client } from '@temporalio/client';
import type { NewestRun as WitnessedRun, WorkflowWitness } from '../ledger/audit';
import { namespaceId } from './namespace';
import { newestRun } from './newest-run';
import { isUnreachable } from './reachable';

/** Tells the audit of workflows, from Temporal. Needs no payload of theirs. Throws where Temporal is not reachable. */
export async function temporalWitness(temporal: Client): Promise<WorkflowWitness> {
  return { namespaceId: await namespaceId(temporal), newestRun: (workflowId) => witnessed(temporal, workflowId) };
}

async function witnessed(temporal: Client, workflowId: string): Promise<WitnessedRun> {
  try {
    const run = await newestRun(temporal, workflowId);
    if (!run) return 'gone';
    const { status, closedAt } = run;
    return { status: CLOSED[status] ?? 'RUNNING', ...(closedAt ? { closedAt } : {}) };
  } catch (error) {
    if (isUnreachable(error)) throw error;
    return 'unknown';
  }
}

type Status = Extract<WitnessedRun, object>['status'];

/** Any other word (paused, gone on in a newer run, unknown to this client) means that it is not over. */
const CLOSED: Partial<Record<string, Status>> = {
  COMPLETED: 'COMPLETED',
  FAILED: 'FAILED',
  CANCELLED: 'CANCELED',
  TERMINATED: 'TERMINATED',
  TIMED_OUT: 'TIMED_OUT',
};
