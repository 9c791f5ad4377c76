import { CancelledFailure } from '@temporalio/common';
import { GenerationConflict, InsufficientCredits, MakegoodError } from '../errors';
import { readBalance } from '../ledger/accounts';
import { type GenerationRecord, hasInput, readGeneration } from '../ledger/generations';
import { readStanding, type Standing } from '../ledger/standing';
import type { Order } from '../workflows/order';
import type { Context } from './context';
import { newestStart, wasStopped } from './newest-start';
import { cancelledBeforeHeld, type Ended, endOf } from './progress';
import { isClosedRun, startFailed, throwRejection } from './start-failures';
import { type EndedRun, isRunning } from './workflow-start';

// What one who starts a generation is answered, before its workflow is started and when it has ended without a hold.

/** Asked for and durable. Amounts in credits. */
export type Started<Output = unknown> =
  | { readonly status: 'held'; readonly price: number; readonly balance: number; readonly held: number }
  /** Not held yet: no worker, or Postgres is down. It runs when they are back; ask `result`. */
  | { readonly status: 'pending' }
  | Ended<Output>;

/** What the ledger's record of the generation answers; nothing where its workflow is to be started. */
export type Answer = (known: GenerationRecord) => Promise<Started | undefined>;

/**
 * Looks at the ledger before anything is started: what it answers to one who asks again, or nothing. Throws
 * InsufficientCredits and UNKNOWN_ACCOUNT here already, so that a start that can't be paid leaves no workflow and no
 * input behind. With Postgres away the workflow waits for it; a start need not.
 */
export async function answerFirst(ctx: Context, order: Order, answer: Answer): Promise<Started | undefined> {
  try {
    const standing = await readStanding(ctx.db, order.account, order.generation);
    const known = standing.known ? await readGeneration(ctx.db, order.account, order.generation) : undefined;
    const answered = known && (await answer(known));
    if (answered) return answered;
    const refusal = refusalOf(standing, order);
    // One that is at work already may yet be paid for, by a grant that comes before its worker: it is not refused.
    if (refusal && !(await isRunning(ctx, order))) throw refusal;
  } catch (error) {
    if (!(error instanceof MakegoodError && error.code === 'POSTGRES_UNREACHABLE')) throw error;
  }
  return undefined;
}

function refusalOf({ account, erased }: Standing, { price }: Order): MakegoodError | undefined {
  if (!account) return new MakegoodError('UNKNOWN_ACCOUNT');
  if (erased) return new MakegoodError('ACCOUNT_ERASED');
  return account.balance < price ? new InsufficientCredits(account.balance, price) : undefined;
}

/** The answer to one who asks for this input again. Throws GenerationConflict where it was another, GENERATION_ERASED. */
export async function answerFrom(ctx: Context, order: Order, known: GenerationRecord): Promise<Started> {
  if (known.erasedAt) throw new MakegoodError('GENERATION_ERASED');
  if (!(await hasInput(ctx.db, known, order.inputHash))) throw new GenerationConflict();
  return answerOf(ctx, known);
}

/** The generation as it stands. */
export async function answerOf(ctx: Context, known: GenerationRecord): Promise<Started> {
  const ended = endOf(known);
  if (ended) return ended;
  const account = await readBalance(ctx.db, known.account);
  return {
    status: 'held',
    price: known.reservations.at(-1)?.amount ?? 0,
    balance: account?.balance ?? 0,
    held: account?.held ?? 0,
  };
}

/** The run that was asked has ended: what to tell, unless the ledger will know at the next look. */
export async function endedUnheld(ctx: Context, order: Order, { run, cause }: EndedRun): Promise<Started | undefined> {
  throwRejection(cause);
  const known = await readGeneration(ctx.db, order.account, order.generation);
  // Its credits are held, or it was just giving them back: the one that was asked for is yet to be started.
  if (known?.status === 'RESERVED' || known?.newestExecution === run) return undefined;
  if (cause instanceof CancelledFailure)
    return cancelledBeforeHeld({ account: order.account, id: order.generation }, known);
  if (known && isClosedRun(cause)) return undefined;
  throw startFailed(cause);
}

/** A start that the ledger has never heard of, and whose workflow was stopped: it is not started again. */
export async function stoppedStart(ctx: Context, order: Order): Promise<Ended | undefined> {
  const newest = await newestStart(ctx, order.account, order.generation);
  if (!newest || !wasStopped(newest)) return undefined;
  if (newest.inputHash !== order.inputHash) throw new GenerationConflict();
  return cancelledBeforeHeld({ account: order.account, id: order.generation });
}
