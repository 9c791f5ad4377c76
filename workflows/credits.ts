import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  TemporalFailure,
} from '@temporalio/workflow';
import type { CreditActivities } from '../activities';

/**
 * A movement of credits takes a few milliseconds, so it is tried as a local activity first: no round trip to the
 * server and nothing in the history but a marker. Three tries within five seconds and no more: a local activity that
 * goes on for ever blocks a worker's shutdown and shows nothing in the Web UI.
 */
const local = proxyLocalActivities<CreditActivities>({
  startToCloseTimeout: '2 seconds',
  scheduleToCloseTimeout: '5 seconds',
  retry: { maximumAttempts: 3, initialInterval: '100 milliseconds', backoffCoefficient: 3 },
});

/**
 * Then as a regular activity for as long as it takes: a database that is down is not the customer's failure. Each try
 * is longer than the statement timeout of the ledger, and the next comes within ten seconds of the database's return.
 */
const durable = proxyActivities<CreditActivities>({
  startToCloseTimeout: '20 seconds',
  // A worker killed in mid-refund is noticed after this long; without it, only when the try's whole time is over.
  heartbeatTimeout: '2 seconds',
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: { initialInterval: '500 milliseconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
  // Before the drafts that wait for a slot: a busy worker must not keep anybody's credits.
  priority: { priorityKey: 1 },
});

export const reserve: CreditActivities['reserve'] = (...args) =>
  locallyFirst(
    () => local.reserve(...args),
    () => durable.reserve(...args),
  );

export const settle: CreditActivities['settle'] = (...args) =>
  locallyFirst(
    () => local.settle(...args),
    () => durable.settle(...args),
  );

/** A regular activity from the start: operators see the compensation by name, with its tries and their errors. */
export const refund: CreditActivities['refund'] = (...args) => durable.refund(...args);

async function locallyFirst<T>(first: () => Promise<T>, then: () => Promise<T>): Promise<T> {
  try {
    return await first();
  } catch (error) {
    if (!(error instanceof TemporalFailure) || isCancellation(error) || isRefusal(error)) throw error;
    return then();
  }
}

/** What Postgres will never take. A local activity's failure comes bare, a regular one's in an ActivityFailure. */
function isRefusal(error: TemporalFailure): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return cause instanceof ApplicationFailure && cause.nonRetryable === true;
}
