import { activityInfo, heartbeat } from '@temporalio/activity';

/** Four beats within the timeout: a busy worker that misses two is not taken for a dead one. */
const BEATS_PER_TIMEOUT = 4;

/** The beats of an attempt, as its worker has felt them. */
export interface Pulse {
  /** The longest time without a beat, in milliseconds: long where the worker was too busy for it. */
  longestPauseMs(): number;
  /** From its scheduling to its beginning, in milliseconds: in a queue, or with a worker that was too busy to begin. */
  readonly waitedMs: number;
}

/** Tells Temporal that the worker lives, for as long as `work` takes. Cancellations come back by the same way. */
export async function heartbeating<T>(work: (pulse: Pulse) => Promise<T>): Promise<T> {
  const { heartbeatTimeoutMs, currentAttemptScheduledTimestampMs } = activityInfo();
  const waitedMs = Date.now() - currentAttemptScheduledTimestampMs;
  if (!heartbeatTimeoutMs) return work({ longestPauseMs: () => 0, waitedMs });
  let last = performance.now();
  let longest = 0;
  const longestPauseMs = () => Math.max(longest, performance.now() - last);
  const beat = setInterval(() => {
    longest = longestPauseMs();
    last = performance.now();
    heartbeat();
  }, heartbeatTimeoutMs / BEATS_PER_TIMEOUT);
  try {
    return await work({ longestPauseMs, waitedMs });
  } finally {
    clearInterval(beat);
  }
}
