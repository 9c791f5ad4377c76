import { ActivityCancellationType, continueAsNew, proxyActivities } from '@temporalio/workflow';
import type { ReconcileActivities } from '../activities';
import type { Anchor } from '../ledger/audit';
import { goRound } from './rounds';

const { sweepOnce, auditOnce } = proxyActivities<ReconcileActivities>({
  // A round over a million reservations takes minutes.
  startToCloseTimeout: '30 minutes',
  // A worker killed in mid-round is noticed after this long: within the ten seconds in which a terminated generation
  // is to be refunded.
  heartbeatTimeout: '4 seconds',
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '10 seconds' },
  // Before the drafts that wait for a slot: a busy worker must not keep anybody's credits.
  priority: { priorityKey: 1 },
});

/** About 11 events each: a sweep's run lasts a quarter of an hour by default, and its 3 300 events replay in a moment. */
const ROUNDS = 300;

/**
 * The sweep: gives back what workflows that are closed or gone have left held, round after round, for ever. One
 * workflow rather than a schedule, which would bury the generations in the Web UI under its runs.
 */
export async function reconcile(rounds = ROUNDS): Promise<never> {
  await goRound(sweepOnce, rounds);
  return continueAsNew<typeof reconcile>(rounds);
}

/**
 * The audit, by itself. Apart from the sweep, which must not wait for it. Each is given what the one before has left, and
 * so is the first of the next run.
 */
export async function auditRegularly(rounds = ROUNDS, anchor?: Anchor): Promise<never> {
  let last = anchor;
  const round = async () => {
    const { nextMs, anchor: left } = await auditOnce(last);
    last = left;
    return { nextMs };
  };
  await goRound(round, rounds);
  return continueAsNew<typeof auditRegularly>(rounds, last);
}
