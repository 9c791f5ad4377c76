import type { Context } from '../client/context';
import { MakegoodError } from '../errors';

/** A Temporal that is there answers in milliseconds. One that takes longer has no time for a new workflow either. */
const PATIENCE_MS = 2_000;

/**
 * Throws TEMPORAL_UNREACHABLE where Temporal does not answer. Asked before a request that writes to Temporal: it is then
 * refused before anything was sent, so that nothing of it can be charged.
 */
export async function reachTemporal({ temporal }: Context): Promise<void> {
  const { connection, workflowService, options } = temporal;
  const { namespace } = options;
  try {
    await within(
      PATIENCE_MS,
      connection.withDeadline(Date.now() + PATIENCE_MS, () => workflowService.describeNamespace({ namespace })),
    );
  } catch (cause) {
    const message = 'Temporal is not reachable. Nothing was started and nothing was charged. Try again.';
    throw new MakegoodError('TEMPORAL_UNREACHABLE', message, {}, { cause });
  }
}

/** Calls that nobody waits for any more, and that the SDK still tries again. */
const givenUp = new Set<Promise<unknown>>();

/** The SDK tries a call again on its own for some seconds; whoever waits for us should not wait for all of that. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not reachable within ${ms} ms`)), ms);
  });
  const ended = work.catch(() => {}).finally(() => givenUp.delete(ended)); // Its error is for whoever waits for `work`.
  givenUp.add(ended);
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Resolves when no such call is left, some seconds at most. A connection closed under one throws in the SDK's timer. */
export async function allEnded(): Promise<void> {
  await Promise.all(givenUp);
}
