import { activityInfo, getClient } from '@temporalio/activity';
import { type AttemptOf, recordAttempt, WORKER_LOST } from '../ledger/attempts';
import type { Database } from '../ledger/database';
import type { GenerationRun } from '../ledger/outcomes';

/** Whoever made the attempts of this step up to this one has written them down, or was lost. */
export async function recordLostAttempts(db: Database, generationRun: GenerationRun, upTo: AttemptOf): Promise<void> {
  const lost = await recordAttempt(db, generationRun, upTo, WORKER_LOST);
  if (lost > 0) await forgetStickyQueue();
}

/**
 * The lost worker most likely had the workflow in its cache, too: the server would offer the end of the draft to that
 * worker's queue alone, until the sticky timeout (worker/options.ts), before any other could settle. Idempotent; where
 * the cache was another worker's, the workflow is replayed once.
 */
async function forgetStickyQueue(): Promise<void> {
  const { workflowNamespace, workflowExecution } = activityInfo();
  await getClient().workflowService.resetStickyTaskQueue({
    namespace: workflowNamespace ?? null,
    execution: workflowExecution ?? null,
  });
}
