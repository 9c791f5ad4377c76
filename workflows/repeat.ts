import { sleep, workflowInfo } from '@temporalio/workflow';

/**
 * Does it until it is time to continue as new: after so many times, or when the server says so. Each time says in how
 * many milliseconds the next is due, so that a changed setting of the worker counts from the next on.
 */
export async function repeat(once: () => Promise<{ nextMs: number }>, times: number): Promise<void> {
  for (let left = times; left > 0 && !workflowInfo().continueAsNewSuggested; left--) {
    const { nextMs } = await once();
    await sleep(nextMs);
  }
}
