import { ApplicationFailure, activityInfo, log } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { type AttemptOf, reasonOfAttempt, recordAttempt } from '../ledger/attempts';
import { said } from '../ledger/attribution';
import * as credits from '../ledger/credits';
import type { Database } from '../ledger/database';
import { LedgerRefusal } from '../ledger/failures';
import type {
  GenerationRun,
  NotNewest,
  RefundOutcome,
  Reservation,
  ReserveOutcome,
  SettleOutcome,
} from '../ledger/outcomes';
import { type Reason, type ReasonCode, reason } from '../ledger/reasons';
import { isNewestRun } from '../temporal/newest-run';
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
  /**
   * `last` is the last attempt of the work: where it had nobody to write it down it is written down here. One
   * that is taken for lost, and whose worker has said since what it met, is refunded for that.
   */
  refund(generationRun: GenerationRun, why: Reason, last?: AttemptOf): Promise<RefundOutcome>;
}

export interface CreditDependencies {
  readonly db: Database;
  readonly temporal: Client;
  /** The UUID of the worker's Temporal namespace. */
  readonly namespace: string;
}

export function creditActivities({ db, temporal, namespace }: CreditDependencies): CreditActivities {
  let registered: Promise<void> | undefined;
  /** Before the first hold, not at the worker's start: Postgres may be away then. */
  const register = () => {
    registered ??= credits.registerNamespace(db, namespace).catch((error) => {
      registered = undefined;
      throw error;
    });
    return registered;
  };
  return {
    reserve: (generationRun, order, workflowId) => {
      const { price, kind, label, inputHash, after = 0, retryKey } = order;
      const retry = { after, ...(retryKey === undefined ? {} : { retryKey }) };
      const what = { price, kind, label, inputHash, workflowId, namespace, ...retry, ...said(order) };
      return unlessRefused('INTERNAL_ERROR', () =>
        moving('reserve', () =>
          ifNewest(temporal, { outcome: 'closed' } as const, async (proven) => {
            await register();
            return credits.reserve(db, generationRun, what, proven);
          }),
        ),
      );
    },
    settle: (generationRun, output) =>
      unlessRefused('DRAFT_NOT_STORED', () => moving('settle', () => credits.settle(db, generationRun, output))),
    async refund(generationRun, supposed, last) {
      const lost = supposed.code === 'WORKER_LOST' ? last : undefined;
      const met = lost && (await reasonOfAttempt(db, generationRun, lost));
      const why = met ? reason(met, lost.number) : supposed;
      const given = await moving('refund', () =>
        ifNewest(temporal, { outcome: 'nothing_held' } as const, (proven) =>
          credits.refund(db, generationRun, why, proven),
        ),
      );
      if (given.outcome === 'refunded') {
        // The workflow asks as soon as the work has failed for good.
        countRefund(why.code, given.amount, Date.now() - activityInfo().scheduledTimestampMs);
        log.info('credits given back', { reason: why.code, credits: given.amount });
      }
      if (last) await recordAttempt(db, generationRun, last, reason(why.code));
      faultPoint('refund:noted');
      return given;
    },
  };
}

/**
 * The ledger believes the run that holds. Told that we are not it, we ask Temporal, and call again if ours is the newest
 * run of its workflow: only after a reset or a race. If it is not, its workflow is gone, and nobody will read `otherwise`.
 */
async function ifNewest<Outcome extends { outcome: string }>(
  temporal: Client,
  otherwise: Outcome,
  call: (proven: boolean) => Promise<Outcome | NotNewest>,
): Promise<Outcome> {
  const told = await call(false);
  if (!isNotNewest(told)) return told;
  const { workflowId, runId } = activityInfo().workflowExecution ?? {};
  if (!workflowId || !runId || !(await isNewestRun(temporal, workflowId, runId))) return otherwise;
  const proven = await call(true);
  return isNotNewest(proven) ? otherwise : proven;
}

const isNotNewest = (outcome: { outcome: string }): outcome is NotNewest => outcome.outcome === 'not_newest';

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
