import type { Client, WorkflowStartOptions } from '@temporalio/client';
import { auditIdOf, sweepIdOf } from '../temporal/workflow-id';
import type { audit, sweep } from '../workflows/upkeep';

/**
 * Starts the sweep and the audit of the task queue, where they are not at work: at a worker's start, and when an
 * operator has ended them. One a task queue, not one a namespace: a queue that has lost all its workers must not keep
 * the others from it.
 */
export async function ensureUpkeep(temporal: Client, taskQueue: string): Promise<void> {
  const options = {
    taskQueue,
    args: [],
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    // As with the generations: a killed worker is noticed after this long.
    workflowTaskTimeout: '2 seconds',
  } as const satisfies Partial<WorkflowStartOptions>;
  await temporal.workflow.start<typeof sweep>('makegoodSweep', {
    ...options,
    workflowId: sweepIdOf(taskQueue),
    staticSummary: 'Gives back what closed or lost workflows have left held',
  });
  await temporal.workflow.start<typeof audit>('makegoodAudit', {
    ...options,
    workflowId: auditIdOf(taskQueue),
    staticSummary: 'Checks that every credit adds up',
  });
}
