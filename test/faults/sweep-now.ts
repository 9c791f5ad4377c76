import type { Client } from '@temporalio/client';
import { sweepAll } from '../../activities/sweep';
import type { SweepContext } from '../../activities/sweep-page';
import type { Makegood } from '../../client/makegood';
import { namespaceId } from '../../temporal/namespace';

/** A sweep of the test's own: it leaves out nothing for its youth. */
export async function sweepNow(of: Makegood, extra: Partial<SweepContext> = {}) {
  const { db, temporal } = of.context;
  const namespace = await namespaceId(temporal);
  return sweepAll({ db, temporal, namespace, graceMs: 0, heldLimitMs: 600_000, ...extra });
}

/** The real Temporal, with something that happens between its answer to a describe and what is done about it. */
export const afterDescribe = (temporal: Client, meanwhile: () => Promise<unknown>): Client =>
  withService(temporal, {
    async describeWorkflowExecution(request) {
      const answer = await temporal.workflowService.describeWorkflowExecution(request);
      await meanwhile();
      return answer;
    },
  });

type Service = Client['workflowService'];
type Calls = {
  [Call in 'describeWorkflowExecution' | 'listWorkflowExecutions']?: (request: never) => ReturnType<Service[Call]>;
};

/** The real Temporal, but for these calls. */
export function withService(temporal: Client, calls: Calls): Client {
  const value = Object.assign(Object.create(temporal.workflowService), calls) as Service;
  return Object.create(temporal, { workflowService: { value } }) as Client;
}
