import { isGrpcServiceError } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow';
import { GenerationConflict, MakegoodError } from '../errors';
import type { KindName } from '../kinds';
import { hasInput, readGeneration } from '../ledger/generations';
import type { AccountId, GenerationId } from '../ledger/ids';
import type { Order } from '../workflows/order';
import type { Context } from './context';
import { orderOf } from './order';
import { restartGeneration, type Started } from './start';
import { asTemporalError } from './temporal';
import { workflowIdOf } from './workflow-id';

/**
 * Tries a refunded generation again, which charges again: the only way to pay twice for one id. The input is the one
 * it was first asked with; where Temporal no longer keeps it (INPUT_GONE), `input` must bring the same again.
 * Throws UNKNOWN_GENERATION, NOT_REFUNDED, INPUT_GONE, and what `start` throws.
 */
export async function retryGeneration(
  ctx: Context,
  account: AccountId,
  id: GenerationId,
  input?: unknown,
): Promise<Started> {
  const known = await readGeneration(ctx.db, account, id);
  if (!known) throw new MakegoodError('UNKNOWN_GENERATION');
  if (known.status !== 'REFUNDED') throw new MakegoodError('NOT_REFUNDED');
  const again = input ?? (await inputOf(ctx, account, id));
  const order = orderOf(ctx, { account, id, kind: known.kind as KindName, input: again as never });
  if (!(await hasInput(ctx.db, known, order.inputHash))) throw new GenerationConflict();
  return restartGeneration(ctx, { ...order, after: known.reservations.length });
}

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
