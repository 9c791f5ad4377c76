import { sleep, workflowInfo } from '@temporalio/workflow';

/**
 * Goes round until it is time to continue as new: after so many rounds, or when the server says so. Each round says in
 * how many milliseconds the next is due, so that a changed setting of the worker counts from the next round on.
 */
export async function goRound(round: () => Promise<{ nextMs: number }>, rounds: number): Promise<void> {
  for (let left = rounds; left > 0 && !workflowInfo().continueAsNewSuggested; left--) {
    const { nextMs } = await round();
    await sleep(nextMs);
  }
}
