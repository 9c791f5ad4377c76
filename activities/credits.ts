import { ApplicationFailure, activityInfo, log } from '@temporalio/activity';
import { recordAttempt, WORKER_LOST } from '../ledger/attempts';
import * as credits from '../ledger/credits';
import type { Database } from '../ledger/database';
import { LedgerRefusal } from '../ledger/failures';
import type { GenerationRun, RefundOutcome, Reservation, ReserveOutcome, SettleOutcome } from '../ledger/outcomes';
import type { Reason, ReasonCode } from '../ledger/reasons';
import { faultPoint } from './fault-points';
import { heartbeating } from './heartbeating';
import { countRefund } from './metrics';

/** The movements of credits. Each may be run twice: the ledger answers what it found. */
export interface CreditActivities {
  reserve(
    generationRun: GenerationRun,
    what: Omit<Reservation, 'workflowId' | 'namespace'>,
    workflowId: string,
  ): Promise<ReserveOutcome>;
  settle(generationRun: GenerationRun, output: unknown): Promise<SettleOutcome>;
  /** `attempts` is how often the work was tried: a last one whose worker was lost has had no one to write it down. */
  refund(generationRun: GenerationRun, reason: Reason, attempts?: number): Promise<RefundOutcome>;
}

export function creditActivities(db: Database, namespace: string): CreditActivities {
  return {
    reserve: (generationRun, { price, kind, label, inputHash, after = 0 }, workflowId) =>
      unlessRefused('INTERNAL_ERROR', () =>
        moving('reserve', () =>
          credits.reserve(db, generationRun, { price, kind, label, inputHash, workflowId, namespace, after }),
        ),
      ),
    settle: (generationRun, output) =>
      unlessRefused('DRAFT_NOT_STORED', () => moving('settle', () => credits.settle(db, generationRun, output))),
    async refund(generationRun, reason, attempts) {
      const given = await moving('refund', () => credits.refund(db, generationRun, reason));
      if (given.outcome === 'refunded') {
        // The workflow asks as soon as the work has failed for good.
        countRefund(reason.code, given.amount, Date.now() - activityInfo().scheduledTimestampMs);
        log.info('credits given back', { reason: reason.code, credits: given.amount });
      }
      if (attempts !== undefined) await recordAttempt(db, generationRun, attempts, WORKER_LOST);
      faultPoint('refund:noted');
      return given;
    },
  };
}

/** One movement of credits. A regular activity beats, so that one whose worker was killed is soon asked again. */
function moving<T>(move: 'reserve' | 'settle' | 'refund', ask: () => Promise<T>): Promise<T> {
  return heartbeating(async () => {
    faultPoint(`${move}:asked`);
    const answer = await ask();
    faultPoint(`${move}:committed`);
    return answer;
  });
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
