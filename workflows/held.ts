import { allHandlersFinished, condition, setHandler, TemporalFailure } from '@temporalio/workflow';
import type { ReserveOutcome } from '../ledger/outcomes';
import { heldUpdate } from './interface';
import type { Order } from './order';
import type { Listeners } from './pay-on-success';
import { conflict, rejection } from './verdicts';

/** Lets those who start the workflow wait for its hold. */
export function answerHeld(order: Order): Listeners {
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
