import { setTimeout as sleep } from 'node:timers/promises';
import {
  isGrpcServiceError,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowIdReusePolicy,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { GenerationConflict, InsufficientCredits, MakegoodError } from '../errors';
import { readBalance } from '../ledger/accounts';
import { type GenerationRecord, readGeneration } from '../ledger/generations';
import type { Order } from '../workflows/order';
import type { Context } from './context';
import { cancelledBeforeHeld, type Ended, endOf } from './progress';
import { asTemporalError } from './temporal';
import { askHeld, isWorkflowRunning, startOnly } from './workflow-start';

/** Asked for and durable. Amounts in credits. */
export type Started =
  | { readonly status: 'held'; readonly price: number; readonly balance: number; readonly held: number }
  /** Not held yet: no worker, or Postgres is down. It runs when they are back; ask `result`. */
  | { readonly status: 'pending' }
  | Ended;

/** Two looks at a workflow that is just ending. */
const LOOK_AGAIN_MS = 100;

/**
 * Starts the order's workflow, unless the ledger knows the generation: then it is answered from there. Resolves when
 * the credits are held. Throws InsufficientCredits, GenerationConflict, MakegoodError.
 */
export async function startGeneration(ctx: Context, order: Order): Promise<Started> {
  return untilHeld(ctx, order, 'REJECT_DUPLICATE', (known) => answerFrom(ctx, order, known));
}

/** Starts the workflow of a refunded generation again, which charges again. Throws NOT_REFUNDED for any other. */
export async function restartGeneration(ctx: Context, order: Order): Promise<Started> {
  return untilHeld(ctx, order, 'ALLOW_DUPLICATE_FAILED_ONLY', async (known) => {
    if (known.inputHash !== order.inputHash) throw new GenerationConflict();
    if (known.status === 'SUCCEEDED') throw new MakegoodError('NOT_REFUNDED');
    return known.status === 'RESERVED' ? heldAnswer(ctx, known) : undefined;
  });
}

/** Starts the order's workflow without waiting for the hold, unless the ledger knows the generation. */
export async function submitGeneration(ctx: Context, order: Order): Promise<Started> {
  const known = await readUnlessAway(ctx, order);
  if (known) return answerFrom(ctx, order, known);
  return ensureStarted(ctx, order, 'REJECT_DUPLICATE');
}

async function untilHeld(
  ctx: Context,
  order: Order,
  policy: WorkflowIdReusePolicy,
  answer: (known: GenerationRecord) => Promise<Started | undefined>,
): Promise<Started> {
  const deadline = Date.now() + ctx.startTimeoutMs;
  let reuse = policy;
  for (;;) {
    const known = await readUnlessAway(ctx, order);
    const answered = known && (await answer(known));
    if (answered) return answered;
    try {
      const held = await askHeld(ctx, order, reuse, deadline);
      if (held.outcome === 'reserved') {
        return { status: 'held', price: held.amount, balance: held.balance, held: held.held };
      }
      // Charged and delivered long since: the ledger has the draft.
    } catch (error) {
      if (timedOut(error)) return ensureStarted(ctx, order, reuse);
      if (error instanceof WorkflowExecutionAlreadyStartedError) {
        // Closed, and the ledger has heard of it by now, or it was turned away: then it may be asked for again.
        if (reuse === 'ALLOW_DUPLICATE_FAILED_ONLY' && !known) throw unaccountable(error);
        if (!(await readUnlessAway(ctx, order))) reuse = 'ALLOW_DUPLICATE_FAILED_ONLY';
      } else if (error instanceof WorkflowUpdateFailedError) {
        throwRejection(error);
        // It has ended. What held credits has a row, from which the next look answers; what did not ends here.
        if (!(await readGeneration(ctx.db, order.account, order.generation))) return endedUnheld(order, error);
      } else if (!passing(error)) {
        throw asTemporalError(error, ctx.temporalAddress);
      }
    }
    // In a moment the ledger, or the same start again, says how it stands: it is idempotent.
    if (Date.now() > deadline) return ensureStarted(ctx, order, reuse);
    await sleep(LOOK_AGAIN_MS);
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
  if (known.inputHash !== order.inputHash) throw new GenerationConflict();
  return endOf(known) ?? heldAnswer(ctx, known);
}

async function heldAnswer(ctx: Context, known: GenerationRecord): Promise<Started> {
  const account = await readBalance(ctx.db, known.account);
  return {
    status: 'held',
    price: known.reservations.at(-1)?.amount ?? 0,
    balance: account?.balance ?? 0,
    held: account?.held ?? 0,
  };
}

/** Nobody has answered in time. The start itself is durable, or is made so now. */
async function ensureStarted(ctx: Context, order: Order, reuse: WorkflowIdReusePolicy): Promise<Started> {
  try {
    if (!(await isWorkflowRunning(ctx, order))) await startOnly(ctx, order, reuse);
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw asTemporalError(error, ctx.temporalAddress);
  }
  return { status: 'pending' };
}

function throwRejection({ cause }: WorkflowUpdateFailedError): void {
  if (!(cause instanceof ApplicationFailure)) return;
  if (cause.type === 'INSUFFICIENT_CREDITS') {
    const [{ balance, price }] = cause.details as [{ balance: number; price: number }];
    throw new InsufficientCredits(balance, price);
  }
  if (cause.type === 'GENERATION_CONFLICT') throw new GenerationConflict();
  if (cause.type === 'UNKNOWN_ACCOUNT') throw new MakegoodError('UNKNOWN_ACCOUNT');
}

const timedOut = (error: unknown) =>
  error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || (isGrpcServiceError(error) && error.code === 4);

/** gRPC's UNKNOWN, NOT_FOUND, RESOURCE_EXHAUSTED, ABORTED, INTERNAL, UNAVAILABLE. */
const PASSING = new Set([2, 5, 8, 10, 13, 14]);

/** The workflow has just closed, its task was lost with a worker, or a busy server has turned us away. */
const passing = (error: unknown) =>
  error instanceof WorkflowNotFoundError || (isGrpcServiceError(error) && PASSING.has(error.code));

function endedUnheld({ account, generation }: Order, { cause }: WorkflowUpdateFailedError): Started {
  if (cause instanceof CancelledFailure) return cancelledBeforeHeld(account, generation);
  throw new MakegoodError('START_FAILED', `The generation could not be started: ${cause?.message}`, {}, { cause });
}

const unaccountable = (cause: unknown) =>
  new MakegoodError(
    'GENERATION_CONFLICT',
    'Temporal has completed a workflow of this id that this ledger does not know. Check DATABASE_URL and TEMPORAL_ADDRESS.',
    {},
    { cause },
  );
