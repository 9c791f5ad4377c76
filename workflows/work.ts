import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { WorkActivities } from '../activities';
import { type Order, WORK_POLICY } from './order';

/** The activities that do paid work, tried as hard as the order says. */
export function paidWork(order: Order): WorkActivities {
  const policy = { ...WORK_POLICY, ...order.policy };
  return proxyActivities<WorkActivities>({
    summary: order.label,
    startToCloseTimeout: policy.attemptTimeout,
    scheduleToCloseTimeout: policy.totalTimeout,
    heartbeatTimeout: policy.heartbeatTimeout,
    // Written out: the typings call it the default, but on the wire nothing means TRY_CANCEL, and the refund would
    // be made while the provider still works.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: {
      maximumAttempts: policy.attempts,
      initialInterval: policy.firstRetryDelay,
      backoffCoefficient: 3,
      maximumInterval: policy.maxRetryDelay,
    },
  });
}
