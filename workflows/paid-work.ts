import { ApplicationFailure } from '@temporalio/common';
import { asDelivered, type Delivered } from '../kinds/delivered';
import type { OutputOf, PaidWork, ParsedInputOf } from '../kinds/paid-work';
import { answerHeld } from './held';
import type { Order } from './order';
import { payOnSuccess } from './pay-on-success';
import { onlyStep } from './steps';

/** What several steps are put together by. Its result is what the customer pays for. */
export type Work<W extends PaidWork> = (input: ParsedInputOf<W>) => Promise<OutputOf<W> | Delivered<OutputOf<W>>>;

interface Several {
  readonly of: PaidWork;
  readonly work: Work<PaidWork>;
}

/** The kinds of several steps in this bundle. */
const several = new Map<string, Several>();

/** The workflow of every generation that a client starts: whatever its kind, paid for only when delivered. */
export async function paidWork(order: Order): Promise<unknown> {
  const found = several.get(order.kind);
  const work = found ? () => checked(found.of, found.work(order.input)) : () => onlyStep(order);
  return payOnSuccess(order, work, {
    listeners: answerHeld(order),
    ...(found ? { own: found.of.reasons } : {}),
  });
}

/**
 * The work of a kind that has several steps, for the module of your workflows: clients start it by the kind. What it
 * returns is a workflow that others may start as a child, with what `orderFor` makes.
 */
export function paidWorkflow<W extends PaidWork>(kind: W, work: Work<W>): (order: Order) => Promise<OutputOf<W>> {
  several.set(kind.kind, { of: kind, work: work as Work<PaidWork> });
  // The one that looks up what was just put down: so a child has the workflow type of all generations.
  return paidWork as (order: Order) => Promise<OutputOf<W>>;
}

/** The work's result, if it is what the kind delivers: anything else is a failure of the work, and is given back. */
export async function checked<W extends PaidWork>(
  kind: W,
  result: Promise<OutputOf<W> | Delivered<OutputOf<W>>>,
): Promise<Delivered<OutputOf<W>>> {
  const done = asDelivered(await result);
  const parsed = kind.output.safeParse(done.output);
  if (parsed.success) return { ...done, output: parsed.data as OutputOf<W> };
  const [issue] = parsed.error.issues;
  const message = `The output's ${issue?.path.join('.') || 'form'}: ${issue?.message}`;
  throw ApplicationFailure.nonRetryable(message, 'OUTPUT_UNUSABLE');
}
