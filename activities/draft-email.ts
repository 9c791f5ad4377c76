import { activityInfo, cancellationSignal, log } from '@temporalio/activity';
import { APIConnectionTimeoutError } from 'openai';
import type { EmailBrief, EmailDraft } from '../kinds/email-draft';
import { recordAttempt } from '../ledger/attempts';
import type { Database } from '../ledger/database';
import type { GenerationRun } from '../ledger/outcomes';
import { reason } from '../ledger/reasons';
import { askForEmail } from './email-prompt';
import { faultPoint } from './fault-points';
import { heartbeating } from './heartbeating';
import { recordLostAttempts } from './lost-attempts';
import { recordOverload } from './overload';
import type { Provider } from './provider';
import { asApplicationFailure, classify } from './provider-failure';

/** An attempt gives up by itself before Temporal would end it, and says why: one that Temporal ends was lost, or too late. */
const SHARE_OF_ATTEMPT = 0.9;

/** The one step of this kind is called as the kind is. */
const STEP = 'email-draft';

/** Asks the provider for one draft. Moves no credits; each failed attempt is written down. */
export type DraftEmail = (generationRun: GenerationRun, brief: EmailBrief) => Promise<EmailDraft>;

export const draftEmail =
  (db: Database, provider: Provider): DraftEmail =>
  (generationRun, brief) =>
    heartbeating(async (pulse) => {
      try {
        return await attemptDraft(db, provider, generationRun, brief);
      } finally {
        await noted(() => recordOverload(db, generationRun, STEP, pulse));
      }
    });

async function attemptDraft(
  db: Database,
  provider: Provider,
  generationRun: GenerationRun,
  brief: EmailBrief,
): Promise<EmailDraft> {
  const { attempt, startToCloseTimeoutMs } = activityInfo();
  const timeIsUp = AbortSignal.timeout(startToCloseTimeoutMs * SHARE_OF_ATTEMPT);
  faultPoint('draft:begun');
  if (attempt > 1) await noted(() => recordLostAttempts(db, generationRun, { step: STEP, number: attempt - 1 }));
  try {
    faultPoint('draft:asking');
    const signal = AbortSignal.any([cancellationSignal(), timeIsUp]);
    const draft = await askForEmail(provider, generationRun, brief, signal);
    faultPoint('draft:answered');
    return draft;
  } catch (error) {
    // Cancelled by the customer or by a worker's shutdown: Temporal knows the reason, and it is no failed attempt.
    if (cancellationSignal().aborted) throw cancellationSignal().reason;
    const failure = classify(timeIsUp.aborted ? new APIConnectionTimeoutError() : error);
    faultPoint('draft:failed');
    await noted(() =>
      recordAttempt(db, generationRun, { step: STEP, number: attempt }, reason(failure.code), failure.status),
    );
    faultPoint('draft:noted');
    throw asApplicationFailure(failure, attempt, error);
  }
}

/** The record of an attempt is for reading; a database that is away must not fail the work itself. */
async function noted(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    log.warn('an attempt could not be written down', { error });
  }
}
