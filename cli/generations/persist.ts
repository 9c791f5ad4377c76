import { setTimeout as sleep } from 'node:timers/promises';
import { isAway } from '../../temporal/reachable';

/** How soon a server that is away is asked again. */
const LOOK_AGAIN_MS = 1_000;

/**
 * Does what is safe to do twice until its servers answer. Every other error is thrown, and that one as well once `stop`
 * is aborted. `onAway` hears of each time that a server did not answer.
 */
export async function persistently<T>(
  work: () => Promise<T>,
  stop: AbortSignal,
  onAway: (error: Error) => void,
): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (stop.aborted || !isAway(error)) throw error;
      onAway(error);
    }
    await sleep(LOOK_AGAIN_MS, undefined, { signal: stop }).catch(() => {}); // Awake earlier: `stop` is seen above.
  }
}
