import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowExecutionAlreadyStartedError, type WorkflowIdReusePolicy } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { GenerationConflict, MakegoodError } from '../errors';
import { readBalance } from '../ledger/accounts';
import { type GenerationRecord, hasInput, readGeneration } from '../ledger/generations';
import type { Order } from '../workflows/order';
import type { Context } from './context';
import { cancelledBeforeHeld, type Ended, endOf } from './progress';
import {
  isClosedRun,
  passing,
  startFailed,
  stillEnding,
  throwRejection,
  timedOut,
  unaccountable,
} from './start-failures';
import { asTemporalError } from './temporal';
import { askHeld, type EndedRun, isRunning, startOnly } from './workflow-start';

/** Asked for and durable. Amounts in credits. */
export type Started =
  | { readonly status: 'held'; readonly price: number; readonly balance: number; readonly held: number }
  /** Not held yet: no worker, or Postgres is down. It runs when they are back; ask `result`. */
  | { readonly status: 'pending' }
  | Ended;

/** What the ledger's record of the generation answers to one who starts it; nothing where it is to be started. */
type Answer = (known: GenerationRecord) => Promise<Started | undefined>;

/** Two looks at a workflow that is just ending. */
const LOOK_AGAIN_MS = 100;
/** One that was ending is over at the second. */
const LOOKS = 5;

/**
 * Starts the order's workflow, unless the ledger knows the generation: then it is answered from there. Resolves when
 * the credits are held. Throws InsufficientCredits, GenerationConflict, MakegoodError.
 */
export async function startGeneration(ctx: Context, order: Order): Promise<Started> {
  return untilHeld(ctx, order, 'REJECT_DUPLICATE', (known) => answerFrom(ctx, order, known));
}

/**
 * Starts the workflow of a refunded generation again. Idempotent for the refund that the order names as `after`: however
 * often it is asked, by whomever, that refund is followed by one charge at most.
 */
export async function restartGeneration(ctx: Context, order: Order & { after: number }): Promise<Started> {
  return untilHeld(ctx, order, 'ALLOW_DUPLICATE_FAILED_ONLY', async (known) =>
    known.reservations.length > order.after ? answerFrom(ctx, order, known) : undefined,
  );
}

/** Starts the order's workflow without waiting for the hold, unless the ledger knows the generation. */
export async function submitGeneration(ctx: Context, order: Order): Promise<Started> {
  return startDurably(ctx, order, 'REJECT_DUPLICATE', (known) => answerFrom(ctx, order, known));
}

async function untilHeld(ctx: Context, order: Order, policy: WorkflowIdReusePolicy, answer: Answer): Promise<Started> {
  const deadline = Date.now() + ctx.startTimeoutMs;
  let reuse = policy;
  do {
    const known = await readUnlessAway(ctx, order);
    const answered = known && (await answer(known));
    if (answered) return answered;
    const told = await askHeld(ctx, order, reuse, deadline).catch((error: unknown) => error);
    if (isTold(told)) {
      if (told.outcome === 'reserved') {
        return { status: 'held', price: told.amount, balance: told.balance, held: told.held };
      }
      const ended = told.outcome === 'ended' ? await endedUnheld(ctx, order, told) : undefined;
      if (ended) return ended;
      // Charged and delivered long since, or just giving back what it held: the ledger knows.
    } else if (told instanceof WorkflowExecutionAlreadyStartedError) {
      reuse = await reuseOfClosed(ctx, order, reuse, told);
    } else if (timedOut(told)) {
      break;
    } else if (!passing(told)) {
      throw asTemporalError(told, ctx.temporalAddress);
    }
    // In a moment the ledger, or the same start again, says how it stands: it is idempotent.
    await sleep(LOOK_AGAIN_MS);
  } while (Date.now() < deadline);
  return startDurably(ctx, order, reuse, answer);
}

type Told = Awaited<ReturnType<typeof askHeld>>;
const isTold = (told: unknown): told is Told => !(told instanceof Error);

/** Nobody has answered in time, or is waited for. The start itself is durable, or is made so now. */
async function startDurably(
  ctx: Context,
  order: Order,
  policy: WorkflowIdReusePolicy,
  answer: Answer,
): Promise<Started> {
  let reuse = policy;
  for (let looks = 1; ; looks++) {
    const known = await readUnlessAway(ctx, order);
    const answered = known && (await answer(known));
    if (answered) return answered;
    try {
      await startOnly(ctx, order, reuse);
      return { status: 'pending' };
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw asTemporalError(error, ctx.temporalAddress);
      if (await isRunning(ctx, order)) return { status: 'pending' };
      reuse = await reuseOfClosed(ctx, order, reuse, error);
      if (looks === LOOKS) throw order.after === undefined ? unaccountable(error) : stillEnding(error);
      await sleep(LOOK_AGAIN_MS);
    }
  }
}

/** With Postgres away the workflow waits for it; a start need not. */
async function readUnlessAway(ctx: Context, order: Order): Promise<GenerationRecord | undefined> {
  try {
    return await readGeneration(ctx.db, order.account, order.generation);
  } catch (error) {
    if (error instanceof MakegoodError && error.code === 'POSTGRES_UNREACHABLE') return undefined;
    throw error;
  }
}

async function answerFrom(ctx: Context, order: Order, known: GenerationRecord): Promise<Started> {
  if (!(await hasInput(ctx.db, known, order.inputHash))) throw new GenerationConflict();
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

/**
 * A workflow of this id is closed. If it has held credits the ledger answers; if not it was turned away, and may be
 * asked for again. Throws POSTGRES_UNREACHABLE: without the ledger nobody can tell which.
 */
async function reuseOfClosed(
  ctx: Context,
  order: Order,
  reuse: WorkflowIdReusePolicy,
  error: WorkflowExecutionAlreadyStartedError,
): Promise<WorkflowIdReusePolicy> {
  if (await readGeneration(ctx.db, order.account, order.generation)) return reuse;
  if (reuse === 'ALLOW_DUPLICATE_FAILED_ONLY') throw unaccountable(error);
  return 'ALLOW_DUPLICATE_FAILED_ONLY';
}

/** The run that was asked has ended: what to tell, unless the ledger will know at the next look. */
async function endedUnheld(ctx: Context, order: Order, { run, cause }: EndedRun): Promise<Started | undefined> {
  throwRejection(cause);
  const known = await readGeneration(ctx.db, order.account, order.generation);
  // Its credits are held, or it was just giving them back: the one that was asked for is yet to be started.
  if (known?.status === 'RESERVED' || known?.newestExecution === run) return undefined;
  if (cause instanceof CancelledFailure)
    return (known && endOf(known)) ?? cancelledBeforeHeld(order.account, order.generation);
  if (known && isClosedRun(cause)) return undefined;
  throw startFailed(cause);
}
