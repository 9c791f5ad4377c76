import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporal as proto } from '@temporalio/proto';
import type { Makegood } from '../../client/makegood';
import type { AccountId, GenerationId } from '../../ledger/ids';
import { workflowIdOf } from '../../temporal/workflow-id';
import { address } from '.';

// What operators do by the Web UI or Temporal's command line, and what a test needs to see of it.

export const idOf = (account: string, id: string) => workflowIdOf(account as AccountId, id as GenerationId);

/** Starts a draft for a recipient of the sandbox, and waits until its credits are held. */
export async function start(makegood: Makegood, account: string, behaviour: string, id: string = randomUUID()) {
  const to = address(behaviour);
  await makegood.start({ account, id, kind: 'email-draft', input: { to, goal: 'Ask for a date' } });
  return { id, to, workflowId: idOf(account, id) };
}

export async function history(makegood: Makegood, workflowId: string, runId?: string) {
  const { temporal } = makegood.context;
  const { events } = await temporal.workflow.getHandle(workflowId, runId).fetchHistory();
  return events ?? [];
}

/** Resets the newest run to its first or its last workflow task. Answers the id of the run that replaces it. */
export async function resetTo(
  makegood: Makegood,
  workflowId: string,
  pick: 'first' | 'last' = 'first',
): Promise<string> {
  const { temporal } = makegood.context;
  const { runId } = await temporal.workflow.getHandle(workflowId).describe();
  const completed = (await history(makegood, workflowId, runId)).filter(
    ({ eventType }) => eventType === TASK_COMPLETED,
  );
  const event = pick === 'first' ? completed[0] : completed.at(-1);
  const answer = await temporal.workflowService.resetWorkflowExecution({
    namespace: temporal.options.namespace,
    workflowExecution: { workflowId, runId },
    workflowTaskFinishEventId: event?.eventId ?? null,
    requestId: randomUUID(),
    reason: 'test',
  });
  return answer.runId;
}

const TASK_COMPLETED = proto.api.enums.v1.EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED;

/** Deletes the workflow's history, as an operator does or as retention does in time. */
export async function deleteHistory(makegood: Makegood, workflowId: string): Promise<void> {
  const { temporal } = makegood.context;
  await temporal.workflowService.deleteWorkflowExecution({
    namespace: temporal.options.namespace,
    workflowExecution: { workflowId },
  });
  // The server deletes a closed workflow only when its queues have moved on: about a second, as we start it.
  while ((await statusOf(makegood, workflowId)) !== 'GONE') await sleep(100);
}

export async function statusOf(makegood: Makegood, workflowId: string): Promise<string> {
  try {
    return (await makegood.context.temporal.workflow.getHandle(workflowId).describe()).status.name;
  } catch {
    return 'GONE';
  }
}
