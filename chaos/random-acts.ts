import { randomUUID } from 'node:crypto';
import { isGrpcServiceError, WorkflowNotFoundError } from '@temporalio/client';
import type { Makegood } from '../client/makegood';
import { MakegoodError } from '../errors';
import type { AccountId, GenerationId } from '../ledger/ids';
import { workflowIdOf } from '../temporal/workflow-id';
import { email } from './environment';
import type { SeededRandom } from './random';

/** What providers do, and how often. */
const DRAFTS = {
  ok: 10,
  'slow-1s': 6,
  'flaky-2': 3,
  'ratelimited-1': 2,
  reset: 2,
  down: 2,
  refused: 2,
  empty: 2,
  garbled: 1,
  nul: 1,
  surrogate: 1,
  hang: 2,
};

/** About what the drafts between two grants cost: most starts are paid for, and some are turned away. */
const GRANT = 15;

/** What customers and operators do, and how often. */
const ACTS = { start: 60, cancel: 8, terminate: 6, reset: 6, retry: 8, again: 6, grant: 2 };

export interface Customer {
  readonly account: string;
  readonly ids: string[];
}

/** One random act of a customer or an operator. Says which; what was refused for a good reason is fine. */
export async function act(makegood: Makegood, random: SeededRandom, customers: readonly Customer[]): Promise<string> {
  const { account, ids } = random.pick(customers);
  const recent = random.pick(ids.slice(-20));
  const what = recent === undefined ? 'start' : random.weighted(ACTS);
  const draft = random.weighted(DRAFTS);
  try {
    await perform();
  } catch (error) {
    if (!expected(error)) throw error;
  }
  return what;

  async function perform(): Promise<unknown> {
    const { temporal } = makegood.context;
    const handle = () => temporal.workflow.getHandle(workflowIdOf(account as AccountId, recent as GenerationId));
    switch (what) {
      case 'start': {
        const id = randomUUID();
        await makegood.submit({ account, id, ...email(draft) });
        ids.push(id);
        return;
      }
      case 'cancel':
        return makegood.cancel(account, recent);
      case 'terminate':
        return handle().terminate('chaos');
      case 'reset': {
        const { runId } = await handle().describe();
        const { events } = await handle().fetchHistory();
        // The first workflow task: before the reservation.
        const first = events?.find((event) => event.workflowTaskCompletedEventAttributes);
        if (!first) return;
        return temporal.workflowService.resetWorkflowExecution({
          namespace: temporal.options.namespace,
          workflowExecution: { workflowId: handle().workflowId, runId },
          workflowTaskFinishEventId: first.eventId ?? null,
          requestId: randomUUID(),
          reason: 'chaos',
        });
      }
      case 'retry':
        return makegood.retry(account, recent);
      case 'again':
        // Another input under an id that may be known: one of the two wins, and neither is charged twice.
        return makegood.submit({ account, id: recent, ...email(draft) });
      case 'grant':
        return makegood.grant({ account, credits: GRANT });
    }
  }
}

/** Refusals that the caller is told of, servers that are down just now, workflows that have just ended. */
function expected(error: unknown): boolean {
  if (error instanceof MakegoodError) return error.code !== 'INVALID_INPUT' && error.code !== 'INVALID_SETTING';
  return error instanceof WorkflowNotFoundError || isGrpcServiceError(error);
}
