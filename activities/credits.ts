import { ApplicationFailure, activityInfo, log } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { reasonOfAttempt, recordAttempt } from '../ledger/attempts';
import { said } from '../ledger/attribution';
import * as credits from '../ledger/credits';
import type { Database } from '../ledger/database';
import { LedgerRefusal } from '../ledger/failures';
import type {
  Delivered,
  GenerationRun,
  NotNewest,
  Reservation,
  ReserveOutcome,
  SettleOutcome,
} from '../ledger/outcomes';
import { type FailureReasons, type ReasonCode, reason } from '../ledger/reasons';
import { isNewestRun } from '../temporal/newest-run';
import type { RefundCause } from '../workflows/refund-reason';
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
  /** `cost` in credits: what is held, unless given. */
  settle(generationRun: GenerationRun, output: unknown, cost?: number): Promise<SettleOutcome>;
  /**
   * Of a step that failed for good, its last attempt is written down here, where it had nobody to do so. One that is taken
   * for lost, and whose worker has said since what it met, is refunded for that.
   */
  refund(generationRun: GenerationRun, cause: RefundCause): Promise<GivenBack | Delivered>;
}

/** Nothing is held any more. `refunded` in credits; missing where nothing was held. The reason is the ledger's. */
export interface GivenBack {
  readonly outcome: 'given_back';
  readonly refunded?: number;
  readonly reason: ReasonCode;
  readonly message: string;
}

export interface CreditDependencies {
  readonly db: Database;
  readonly temporal: Client;
  /** The UUID of the worker's Temporal namespace. */
  readonly namespace: () => Promise<string>;
  /** A kind's own reasons and words. */
  readonly reasonsOf: (kind: string) => FailureReasons;
}

export function creditActivities({ db, temporal, namespace, reasonsOf }: CreditDependencies): CreditActivities {
  let registered: Promise<string> | undefined;
  /** Before the first hold, not at the worker's start: Postgres may be away then. */
  const register = () => {
    registered ??= namespace()
      .then(async (id) => {
        await credits.registerNamespace(db, id);
        return id;
      })
      .catch((error) => {
        registered = undefined;
        throw error;
      });
    return registered;
  };
  return {
    reserve: (generationRun, order, workflowId) => {
      const { price, kind, label, inputHash, after = 0, retryKey } = order;
      const retry = { after, ...(retryKey === undefined ? {} : { retryKey }) };
      const what = { price, kind, label, inputHash, workflowId, ...retry, ...said(order) };
      return unlessRefused('INTERNAL_ERROR', () =>
        moving('reserve', () =>
          ifNewest(temporal, { outcome: 'closed' } as const, async (proven) => {
            return credits.reserve(db, generationRun, { ...what, namespace: await register() }, proven);
          }),
        ),
      );
    },
    settle: (generationRun, output, cost) =>
      unlessRefused('OUTPUT_NOT_STORED', () =>
        moving('settle', () => credits.settle(db, generationRun, output, cost ?? undefined)),
      ),
    async refund(generationRun, { kind, code, step = kind, attempts }) {
      const own = reasonsOf(kind);
      const last = attempts === undefined ? undefined : { step, number: attempts };
      const met = last && code === 'WORKER_LOST' ? await reasonOfAttempt(db, generationRun, last) : undefined;
      const why = reason(met ?? code, attempts, own);
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
      if (last) await recordAttempt(db, generationRun, last, reason(why.code, undefined, own));
      faultPoint('refund:noted');
      if (given.outcome === 'delivered') return given;
      if (given.outcome !== 'refunded') return { outcome: 'given_back', reason: why.code, message: why.message };
      // The ledger may have known better by then.
      const told = given.reason === why.code ? why : reason(given.reason, attempts, own);
      return { outcome: 'given_back', refunded: given.amount, reason: told.code, message: told.message };
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
