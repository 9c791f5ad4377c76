import type { Context } from '../client/context';
import { MakegoodError } from '../errors';

/** A Temporal that is there answers in milliseconds. One that takes longer has no time for a new workflow either. */
const PATIENCE_MS = 2_000;

/**
 * Throws TEMPORAL_UNREACHABLE where Temporal does not answer. Asked before a request that writes to Temporal: it is then
 * refused before anything was sent, so that nothing of it can be charged.
 */
export async function reachTemporal({ temporal, temporalAddress }: Context): Promise<void> {
  const { connection, workflowService, options } = temporal;
  const { namespace } = options;
  try {
    await within(
      PATIENCE_MS,
      connection.withDeadline(Date.now() + PATIENCE_MS, () => workflowService.describeNamespace({ namespace })),
    );
  } catch (cause) {
    const message = `Temporal is not reachable at ${temporalAddress}. Nothing was charged; ask again.`;
    throw new MakegoodError('TEMPORAL_UNREACHABLE', message, {}, { cause });
  }
}

/** The SDK tries a call again on its own; whoever waits for us should not wait for all of that. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
