import { allHandlersFinished, condition, defineUpdate, setHandler, TemporalFailure } from '@temporalio/workflow';
import type { Reserved, ReserveOutcome } from '../ledger/outcomes';
import type { Order } from './order';
import type { Listeners } from './pay-on-success';
import { conflict, rejection } from './verdicts';

/** What one who starts a generation is told once its credits are held, or were long since charged. */
export type HeldAnswer = Reserved | { outcome: 'delivered' };

/** Waits until the credits are held. Takes the hash of the caller's input: another input under this id is a conflict. */
export const heldUpdate = defineUpdate<HeldAnswer, [inputHash: string]>('held');

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
