import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowExecutionAlreadyStartedError, type WorkflowIdReusePolicy } from '@temporalio/client';
import { readGeneration } from '../ledger/generations';
import { asTemporalError } from '../temporal/reachable';
import type { Order } from '../workflows/order';
import type { Context } from './context';
import type { Ended } from './progress';
import { type Answer, answerFirst, answerFrom, endedUnheld, type Started, stoppedStart } from './start-answers';
import { passing, stillEnding, timedOut, unaccountable } from './start-failures';
import { askHeld, isRunning, startOnly } from './workflow-start';

export type { Started } from './start-answers';

type Reuse = NonNullable<WorkflowIdReusePolicy>;

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

/** What a retry is started with: the refund that it follows is followed by one charge at most, whoever asks. */
export type RetryOrder = Order & { readonly after: number };

/** Starts the workflow of a refunded generation again, unless `answer` has an answer. Throws as a start does. */
export async function restartGeneration(ctx: Context, order: RetryOrder, answer: Answer): Promise<Started> {
  return untilHeld(ctx, order, 'ALLOW_DUPLICATE_FAILED_ONLY', answer);
}

/** Starts the order's workflow without waiting for the hold, unless the ledger knows the generation. */
export async function submitGeneration(ctx: Context, order: Order): Promise<Started> {
  return startDurably(ctx, order, 'REJECT_DUPLICATE', (known) => answerFrom(ctx, order, known));
}

async function untilHeld(ctx: Context, order: Order, policy: Reuse, answer: Answer): Promise<Started> {
  const deadline = Date.now() + ctx.startTimeoutMs;
  let reuse = policy;
  do {
    const answered = await answerFirst(ctx, order, answer);
    if (answered) return answered;
    const told = await askHeld(ctx, order, reuse, deadline).catch((error: unknown) => error);
    if (isTold(told)) {
      // Whose hold it is, of retries under two keys at once, the ledger knows.
      if (told.outcome === 'reserved' && order.retryKey === undefined) {
        return { status: 'held', price: told.amount, balance: told.balance, held: told.held };
      }
      const ended = told.outcome === 'ended' ? await endedUnheld(ctx, order, told) : undefined;
      if (ended) return ended;
      // Charged and delivered long since, or just giving back what it held: the ledger knows.
    } else if (told instanceof WorkflowExecutionAlreadyStartedError) {
      const closed = await afterClosed(ctx, order, reuse, told);
      if (typeof closed !== 'string') return closed;
      reuse = closed;
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
async function startDurably(ctx: Context, order: Order, policy: Reuse, answer: Answer): Promise<Started> {
  let reuse = policy;
  for (let looks = 1; ; looks++) {
    const answered = await answerFirst(ctx, order, answer);
    if (answered) return answered;
    try {
      await startOnly(ctx, order, reuse);
      return { status: 'pending' };
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw asTemporalError(error, ctx.temporalAddress);
      if (await isRunning(ctx, order)) return { status: 'pending' };
      const closed = await afterClosed(ctx, order, reuse, error);
      if (typeof closed !== 'string') return closed;
      reuse = closed;
      if (looks === LOOKS) throw order.after === undefined ? unaccountable(error) : stillEnding(error);
      await sleep(LOOK_AGAIN_MS);
    }
  }
}

/**
 * A workflow of this id is closed. If it has held credits the ledger answers; if not it was turned away, and may be
 * asked for again, or it was stopped, and stays so. Throws POSTGRES_UNREACHABLE: without the ledger nobody can tell which.
 */
async function afterClosed(
  ctx: Context,
  order: Order,
  reuse: Reuse,
  error: WorkflowExecutionAlreadyStartedError,
): Promise<Reuse | Ended> {
  if (await readGeneration(ctx.db, order.account, order.generation)) return reuse;
  if (reuse === 'ALLOW_DUPLICATE_FAILED_ONLY') throw unaccountable(error);
  return (await stoppedStart(ctx, order)) ?? 'ALLOW_DUPLICATE_FAILED_ONLY';
}
