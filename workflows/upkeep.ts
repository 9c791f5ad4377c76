import { ActivityCancellationType, continueAsNew, proxyActivities } from '@temporalio/workflow';
import type { SweepProgress, UpkeepActivities } from '../activities';
import type { Anchor } from '../ledger/audit';
import { repeat } from './repeat';

const { sweepOnce, auditOnce } = proxyActivities<UpkeepActivities>({
  // A sweep after a hundred thousand were terminated at once takes minutes.
  startToCloseTimeout: '30 minutes',
  // A worker killed in mid-sweep is noticed after this long: within the ten seconds in which a terminated generation
  // is to be refunded.
  heartbeatTimeout: '4 seconds',
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '10 seconds' },
  // Before the drafts that wait for a slot: a busy worker must not keep anybody's credits.
  priority: { priorityKey: 1 },
});

/** About 11 events each: a run of the sweep lasts a quarter of an hour by default, and its 3 300 events replay in a moment. */
const TIMES = 300;

/**
 * The sweep: gives back what workflows that are closed or gone have left held, again and again, for ever. One workflow
 * rather than a schedule, which would bury the generations in the Web UI under its runs.
 */
export async function sweep(begin: SweepProgress = {}, times = TIMES): Promise<never> {
  let progress = begin;
  await repeat(async () => {
    const swept = await sweepOnce(progress);
    progress = swept.progress;
    return swept;
  }, times);
  return continueAsNew<typeof sweep>(progress, times);
}

/**
 * The audit, by itself. Apart from the sweep, which must not wait for it. Each is given what the one before has left, and
 * so is the first of the next run.
 */
export async function audit(begin?: Anchor, times = TIMES): Promise<never> {
  let anchor = begin;
  await repeat(async () => {
    const audited = await auditOnce(anchor);
    anchor = audited.anchor;
    return audited;
  }, times);
  return continueAsNew<typeof audit>(anchor, times);
}
