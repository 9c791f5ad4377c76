import { allHandlersFinished, condition, setHandler, TemporalFailure } from '@temporalio/workflow';
import type { ReserveOutcome } from '../ledger/outcomes';
import { heldUpdate } from './interface';
import type { Order } from './order';
import { conflict, rejection } from './verdicts';

export interface Held {
  /** Tells all who wait, and those who ask later, until the next verdict. */
  answer(verdict: ReserveOutcome | TemporalFailure): void;
  /** Waits until they have been told: a workflow that ends before leaves them with an error that says nothing. */
  answered(): Promise<void>;
}

export function answerHeld(order: Order): Held {
  let verdict: ReserveOutcome | TemporalFailure | undefined;
  setHandler(heldUpdate, async (inputHash) => {
    if (inputHash !== order.inputHash) throw conflict();
    await condition(() => verdict !== undefined);
    const found = verdict as ReserveOutcome | TemporalFailure;
    if (found instanceof TemporalFailure) throw found;
    if (found.outcome === 'delivered') return { outcome: 'delivered' };
    if (found.outcome === 'reserved') return found;
    throw rejection(found);
  });
  return {
    answer(found) {
      verdict = found;
    },
    answered: () => condition(allHandlersFinished),
  };
}
