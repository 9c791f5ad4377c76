import type { GenerationRecord } from '../ledger/generations';
import type { AccountId, GenerationId } from '../ledger/ids';
import { newestRun } from '../temporal/newest-run';
import { asTemporalError } from '../temporal/reachable';
import { workflowIdOf } from '../temporal/workflow-id';
import type { Order } from '../workflows/order';
import type { Context } from './context';

/** The newest run of a generation's workflow, and what it was started for: what its memo says. */
export interface NewestStart {
  readonly runId: string;
  /** As Temporal's clients spell it: RUNNING, COMPLETED, FAILED, CANCELLED, TERMINATED, … */
  readonly status: string;
  readonly inputHash: string | undefined;
  /** Of a retry: the refund that it follows, and the idempotency key that it was asked for under. */
  readonly after: number | undefined;
  readonly retryKey: string | undefined;
}

/** For those who ask for the same id before the ledger has heard of it, and of which retry it is. */
export const memoOf = ({ inputHash, after, retryKey }: Order) => ({
  inputHash,
  ...(after === undefined ? {} : { after }),
  ...(retryKey === undefined ? {} : { retryKey }),
});

/** Nothing where Temporal knows no such workflow. Throws TEMPORAL_UNREACHABLE. */
export async function newestStart(
  { temporal, temporalAddress }: Context,
  account: AccountId,
  id: GenerationId,
  workflowId: string = workflowIdOf(account, id),
): Promise<NewestStart | undefined> {
  try {
    const newest = await newestRun(temporal, workflowId);
    if (!newest) return undefined;
    const { inputHash, after, retryKey } = (await newest.memo()) as Partial<ReturnType<typeof memoOf>>;
    const status = newest.status === 'CANCELED' ? 'CANCELLED' : newest.status;
    return { runId: newest.runId, status, inputHash, after, retryKey };
  } catch (error) {
    throw asTemporalError(error, temporalAddress);
  }
}

/** Ended by somebody's will, rather than by its own failure. */
export const wasStopped = ({ status }: NewestStart) => status === 'CANCELLED' || status === 'TERMINATED';

/** Whether it is a retry that has held nothing yet, or ended so: the ledger's newest reservation is the refund before. */
export const isUnheldRetry = (
  { reservations, status }: GenerationRecord,
  start: Pick<NewestStart, 'after'> | undefined,
) => status === 'REFUNDED' && start?.after === reservations.length;
