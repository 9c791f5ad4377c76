import { isGrpcServiceError } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow';
import { GenerationConflict, MakegoodError } from '../errors';
import { type GenerationRecord, hasInput, readGeneration } from '../ledger/generations';
import type { AccountId, GenerationId } from '../ledger/ids';
import { asTemporalError } from '../temporal/reachable';
import { isPart, workflowIdOf } from '../temporal/workflow-id';
import { valid } from '../valid';
import type { Order } from '../workflows/order';
import type { Context } from './context';
import { newestStart, wasStopped } from './newest-start';
import { orderOf } from './order';
import { cancelledBeforeHeld } from './progress';
import { RetryRequest, refundToFollow } from './retry-request';
import { type RetryOrder, restartGeneration, type Started } from './start';
import { type Answer, answerOf } from './start-answers';
import { overtaken } from './start-failures';

/**
 * Tries a refunded generation again, which charges again: the only way to pay twice for one id, and once for each
 * refund. One that follows a refund which has been followed already is answered with the generation as it stands.
 * The input is the one it was first asked with; where Temporal no longer keeps it (INPUT_GONE), `input` must bring the
 * same again. Throws INVALID_INPUT, UNKNOWN_GENERATION, GENERATION_ERASED, NOT_REFUNDED,
 * PART_OF_WORKFLOW, INPUT_GONE, and what
 * `start` throws.
 */
export async function retryGeneration(
  ctx: Context,
  account: AccountId,
  id: GenerationId,
  request: RetryRequest = {},
): Promise<Started> {
  const { after: named, key, input } = valid(RetryRequest, request);
  const known = await readGeneration(ctx.db, account, id);
  if (!known) throw new MakegoodError('UNKNOWN_GENERATION');
  if (known.erasedAt) throw new MakegoodError('GENERATION_ERASED');
  if (isPart(known)) throw new MakegoodError('PART_OF_WORKFLOW');
  if (input !== undefined) await orderAgain(ctx, known, input); // Another one is told of whatever else is true.
  const after = refundToFollow(known, { after: named, key });
  if (known.reservations.length > after) return answerOf(ctx, known);

  const again = await orderAgain(ctx, known, input ?? (await inputOf(ctx, account, id)));
  const order = { ...again, after, ...(key === undefined ? {} : { retryKey: key }) };
  return restartGeneration(ctx, order, answerRetry(ctx, order, named !== undefined || key !== undefined));
}

/** Throws GenerationConflict where it is not the input that it was. */
async function orderAgain(ctx: Context, known: GenerationRecord, input: unknown): Promise<Order> {
  const { account, id, kind } = known;
  const order = orderOf(ctx, { account, id, kind, input });
  if (!(await hasInput(ctx.db, known, order.inputHash))) throw new GenerationConflict();
  return order;
}

/**
 * The hold that follows the refund, or the end of the very same retry where it was stopped before it held anything:
 * Temporal alone knows of that one. A retry that is not `named` by its refund or a key may come after such an end.
 * Throws NOT_REFUNDED where a retry under another key was there first.
 */
function answerRetry(ctx: Context, order: RetryOrder, named: boolean): Answer {
  let earlier: { readonly runId: string | undefined } | undefined;
  return async (known) => {
    const next = known.reservations[order.after];
    if (next && isAnother(order, next)) throw overtaken();
    if (next) return answerOf(ctx, known);

    const newest = await newestStart(ctx, order.account, order.generation);
    earlier ??= { runId: named ? undefined : newest?.runId };
    if (newest?.after !== order.after || newest.runId === earlier.runId) return undefined;
    if (!isAnother(order, newest)) return wasStopped(newest) ? cancelledBeforeHeld(known, known) : undefined;
    if (newest.status === 'RUNNING') throw overtaken();
    return undefined;
  };
}

const isAnother = ({ retryKey }: RetryOrder, found: { readonly retryKey?: string | null | undefined }) =>
  retryKey !== undefined && found.retryKey !== retryKey;

/** The input lies in the history only, where the product's data converter may have encrypted it. */
async function inputOf(ctx: Context, account: AccountId, id: GenerationId): Promise<unknown> {
  const { temporal } = ctx;
  try {
    const { history } = await temporal.workflowService.getWorkflowExecutionHistory({
      namespace: temporal.options.namespace,
      execution: { workflowId: workflowIdOf(account, id) },
      maximumPageSize: 1,
    });
    const payloads = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads;
    const [order] = await decodeArrayFromPayloads(temporal.options.loadedDataConverter, payloads);
    return (order as Order).input;
  } catch (error) {
    // gRPC's NOT_FOUND: deleted, or retention has passed.
    if (isGrpcServiceError(error) && error.code === 5) {
      throw new MakegoodError('INPUT_GONE', undefined, {}, { cause: error });
    }
    throw asTemporalError(error, ctx.temporalAddress);
  }
}
