import { activityInfo, cancellationSignal, getClient, log } from '@temporalio/activity';
import { recordAttempt } from '../ledger/attempts';
import type { Database } from '../ledger/database';
import type { GenerationRun } from '../ledger/outcomes';
import { reason } from '../ledger/reasons';
import { REQUEST_MS } from '../temporal/connection';
import { describeRun, wordOf } from '../temporal/newest-run';
import type { Pulse } from './heartbeating';

/**
 * Temporal takes a worker that is too busy to beat, or to end its attempt in time, for a lost one. Such a worker lives to
 * see it: at the attempt's end it writes down what it was. Asks Temporal only when it was late.
 */
export async function recordOverload(
  db: Database,
  generationRun: GenerationRun,
  step: string,
  pulse: Pulse,
): Promise<void> {
  if (!wasLate(pulse) || !(await isGivenUp())) return;
  log.warn('too busy to be heard of in time: the attempt was given up', {
    pauseMs: Math.round(pulse.longestPauseMs()),
  });
  await recordAttempt(db, generationRun, { step, number: activityInfo().attempt }, reason('WORKER_OVERLOADED'));
}

/** Late by our own clock: where only the way to Temporal was cut we were not, and what Temporal believes may stand. */
function wasLate({ longestPauseMs, waitedMs }: Pulse): boolean {
  const { heartbeatTimeoutMs = Number.POSITIVE_INFINITY, startToCloseTimeoutMs } = activityInfo();
  const tookMs = Date.now() - activityInfo().currentAttemptScheduledTimestampMs - waitedMs;
  // One that has waited in a queue is in time: Temporal tells it to stop only where it has waited with us.
  const begunLate = waitedMs > heartbeatTimeoutMs && cancellationSignal().aborted;
  return begunLate || longestPauseMs() > heartbeatTimeoutMs || tookMs > startToCloseTimeoutMs;
}

/** Those that end a workflow from outside end its attempts too: that is no fault of the worker. */
const ENDED_BY_ITSELF = new Set(['RUNNING', 'FAILED', 'COMPLETED']);

/** Whether Temporal no longer waits for this attempt. */
async function isGivenUp(): Promise<boolean> {
  const { workflowExecution, activityId, attempt } = activityInfo();
  const described = workflowExecution && (await describeRun(getClient(), workflowExecution, Date.now() + REQUEST_MS));
  if (!described || !ENDED_BY_ITSELF.has(wordOf(described.workflowExecutionInfo?.status ?? 0))) return false;
  return !described.pendingActivities?.some(
    (pending) => pending.activityId === activityId && pending.attempt === attempt,
  );
}
