import { ApplicationFailure, activityInfo, cancellationSignal, log } from '@temporalio/activity';
import { recordAttempt } from '../ledger/attempts';
import type { Database } from '../ledger/database';
import type { GenerationRun } from '../ledger/outcomes';
import { type BuiltInReason, type FailureReasons, isKnown, reason } from '../ledger/reasons';
import type { StepFailureDetails } from '../workflows/refund-reason';
import { faultPoint } from './fault-points';
import { heartbeating } from './heartbeating';
import { recordLostAttempts } from './lost-attempts';
import { recordOverload } from './overload';
import { providerFailure } from './provider-failure';
import { WorkFailure } from './work-failure';

/** An attempt gives up by itself before Temporal would end it, and says why: one that Temporal ends was lost, or too late. */
const SHARE_OF_ATTEMPT = 0.9;

/**
 * One attempt of a step: beats while it works, writes down what it met, and fails as the workflow's policy understands.
 * Moves no credits. `step` is the name of its activity; `own` are the reasons of its kind.
 */
export const attempt = <Result>(
  db: Database,
  generationRun: GenerationRun,
  step: string,
  own: FailureReasons,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> =>
  heartbeating(async (pulse) => {
    try {
      return await attemptOnce(db, generationRun, step, own, work);
    } finally {
      await noted(() => recordOverload(db, generationRun, step, pulse));
    }
  });

async function attemptOnce<Result>(
  db: Database,
  generationRun: GenerationRun,
  step: string,
  own: FailureReasons,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const { attempt, startToCloseTimeoutMs } = activityInfo();
  const timeIsUp = AbortSignal.timeout(startToCloseTimeoutMs * SHARE_OF_ATTEMPT);
  faultPoint('work:begun');
  if (attempt > 1) await noted(() => recordLostAttempts(db, generationRun, { step, number: attempt - 1 }));
  try {
    faultPoint('work:asking');
    const result = await work(AbortSignal.any([cancellationSignal(), timeIsUp]));
    faultPoint('work:answered');
    return result;
  } catch (error) {
    // Cancelled by the customer or by a worker's shutdown: Temporal knows the reason, and it is no failed attempt.
    if (cancellationSignal().aborted) throw cancellationSignal().reason;
    const late = timeIsUp.aborted && new WorkFailure('PROVIDER_TIMEOUT', 'no answer in time', { cause: error });
    const failure = late || failureOf(error, own);
    faultPoint('work:failed');
    await noted(() =>
      recordAttempt(
        db,
        generationRun,
        { step, number: attempt },
        reason(failure.code, undefined, own),
        failure.options.status,
      ),
    );
    faultPoint('work:noted');
    throw asApplicationFailure(failure, own, attempt);
  }
}

/** Built-in reasons that no further attempt would change. */
const FINAL: ReadonlySet<string> = new Set<BuiltInReason>([
  'PROVIDER_REFUSED',
  'PROVIDER_REJECTED_REQUEST',
  'PROVIDER_ACCOUNT',
]);

/** Whatever the work threw, as a reason that its customer can be told: one that nobody knows is INTERNAL_ERROR. */
export function failureOf(error: unknown, own: FailureReasons): WorkFailure {
  const known = (code: string | null | undefined) => (code && isKnown(code, own) ? code : 'INTERNAL_ERROR');
  if (error instanceof WorkFailure) {
    const final = error.options.final ?? own[error.code]?.final ?? FINAL.has(error.code);
    return new WorkFailure(known(error.code), error.message, { cause: error, ...error.options, final });
  }
  if (error instanceof ApplicationFailure) {
    const final = error.nonRetryable ?? false;
    return new WorkFailure(known(error.type), error.message, { final, cause: error });
  }
  const message = error instanceof Error ? error.message : String(error);
  return providerFailure(error) ?? new WorkFailure('INTERNAL_ERROR', message, { cause: error });
}

/** The failure as Temporal takes it: its type is the reason of a refund, should it be the last. */
export function asApplicationFailure(
  { code, message, options, cause }: WorkFailure,
  own: FailureReasons,
  attempt: number,
) {
  const { final = false, retryAfterMs, status } = options;
  const details: StepFailureDetails = {
    attempt,
    ...(status === undefined ? {} : { status }),
    ...(Object.hasOwn(own, code) ? { own: true } : {}),
  };
  return ApplicationFailure.create({
    type: code,
    message,
    nonRetryable: final,
    details: [details],
    ...(!final && retryAfterMs !== undefined ? { nextRetryDelay: retryAfterMs } : {}),
    ...(cause instanceof Error ? { cause } : {}),
  });
}

/** The record of an attempt is for reading; a database that is away must not fail the work itself. */
async function noted(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    log.warn('an attempt could not be written down', { error });
  }
}
