import { randomUUID } from 'node:crypto';
import type { temporal as proto } from '@temporalio/proto';
import { makegood, ownQueue, until } from '.';

/** Longer than any test: the worker's own sweep goes round once, at its start, and then leaves the field to the test. */
export const NO_SWEEP = { MAKEGOOD_SWEEP_PERIOD_MS: '3600000' };

/** A Temporal namespace of the test's own, on the shared ledger: no sweep but the test's own works in it. */
export async function ownNamespace(extra: Record<string, string> = {}) {
  const namespace = `n-${randomUUID()}`;
  const { workflowService } = makegood().context.temporal;
  // 86 400 s: a day, the shortest that the server takes.
  const workflowExecutionRetentionPeriod = { seconds: 86_400, nanos: 0 } as unknown as Duration;
  await workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod });
  const queue = ownQueue({ TEMPORAL_NAMESPACE: namespace, ...extra });
  // A server takes a moment until all of it knows of a new namespace.
  const { temporal } = queue.makegood.context;
  await until('the namespace', () =>
    temporal.workflowService.listWorkflowExecutions({ namespace }).catch(() => undefined),
  );
  return queue;
}

type Duration = NonNullable<proto.api.workflowservice.v1.IRegisterNamespaceRequest['workflowExecutionRetentionPeriod']>;
