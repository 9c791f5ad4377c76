import { ApplicationFailure } from '@temporalio/activity';
import { recordAttempt, WORKER_LOST } from '../ledger/attempts';
import * as credits from '../ledger/credits';
import type { Database } from '../ledger/database';
import { LedgerRefusal } from '../ledger/failures';
import type { Asker, RefundOutcome, Reservation, ReserveOutcome, SettleOutcome } from '../ledger/outcomes';
import type { Reason, ReasonCode } from '../ledger/reasons';

/** The movements of credits. Each may be run twice: the ledger answers what it found. */
export interface CreditActivities {
  reserve(
    asker: Asker,
    what: Omit<Reservation, 'workflowId' | 'namespace'>,
    workflowId: string,
  ): Promise<ReserveOutcome>;
  settle(asker: Asker, draft: unknown): Promise<SettleOutcome>;
  /** `attempts` is how often the work was tried: a last one whose worker was lost has had no one to write it down. */
  refund(asker: Asker, reason: Reason, attempts?: number): Promise<RefundOutcome>;
}

export function creditActivities(db: Database, namespace: string): CreditActivities {
  return {
    reserve: (asker, { price, kind, label, inputHash }, workflowId) =>
      unlessRefused('INTERNAL_ERROR', () =>
        credits.reserve(db, asker, { price, kind, label, inputHash, workflowId, namespace }),
      ),
    settle: (asker, draft) => unlessRefused('DRAFT_NOT_STORED', () => credits.settle(db, asker, draft)),
    async refund(asker, reason, attempts) {
      const given = await credits.refund(db, asker, reason);
      if (attempts !== undefined) await recordAttempt(db, asker, attempts, WORKER_LOST);
      return given;
    },
  };
}

/** What Postgres will never take is not tried again; every other failure is, by the workflow's retry policy. */
async function unlessRefused<T>(type: ReasonCode, move: () => Promise<T>): Promise<T> {
  try {
    return await move();
  } catch (error) {
    if (!(error instanceof LedgerRefusal)) throw error;
    throw ApplicationFailure.create({ type, message: error.message, nonRetryable: true, cause: error });
  }
}
