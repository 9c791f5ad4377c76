import { activityInfo, heartbeat } from '@temporalio/activity';

/** Four beats within the timeout: a busy worker that misses two is not taken for a dead one. */
const BEATS_PER_TIMEOUT = 4;

/** Tells Temporal that the worker lives, for as long as `work` takes. Cancellations come back by the same way. */
export async function heartbeating<T>(work: () => Promise<T>): Promise<T> {
  const { heartbeatTimeoutMs } = activityInfo();
  if (!heartbeatTimeoutMs) return work();
  const beat = setInterval(() => heartbeat(), heartbeatTimeoutMs / BEATS_PER_TIMEOUT);
  try {
    return await work();
  } finally {
    clearInterval(beat);
  }
}
