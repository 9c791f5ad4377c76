import { ApplicationFailure, ApplicationFailureCategory, type TemporalFailure } from '@temporalio/common';
import type { GivenBack } from '../activities/credits';
import type { ReserveOutcome } from '../ledger/outcomes';

/** The types of failure by which a generation is turned away: nothing was held, so there is nothing to give back. */
const REJECTIONS = [
  'INSUFFICIENT_CREDITS',
  'GENERATION_CONFLICT',
  'UNKNOWN_ACCOUNT',
  'RUN_CLOSED',
  'ACCOUNT_ERASED',
  'GENERATION_ERASED',
] as const;
type Rejection = (typeof REJECTIONS)[number];

/** Expected in daily business, so BENIGN: it counts in no error metric. */
const reject = (type: Rejection, message: string, details: object = {}) =>
  ApplicationFailure.create({
    type,
    message,
    nonRetryable: true,
    category: ApplicationFailureCategory.BENIGN,
    details: [details],
  });

export const conflict = () =>
  reject('GENERATION_CONFLICT', 'A generation of this id exists with another input. Nothing was charged.');

/** The failure of a workflow whose reservation was refused. */
export function rejection(refused: Exclude<ReserveOutcome, { outcome: 'reserved' | 'delivered' }>): ApplicationFailure {
  switch (refused.outcome) {
    case 'insufficient': {
      const { balance, price } = refused;
      return reject('INSUFFICIENT_CREDITS', `The balance is ${balance}, the price ${price}. Nothing was charged.`, {
        balance,
        price,
      });
    }
    case 'conflict':
      return conflict();
    case 'unknown_account':
      return reject('UNKNOWN_ACCOUNT', 'There is no such account. Nothing was charged.');
    case 'account_erased':
      return reject('ACCOUNT_ERASED', 'This account was erased. Nothing was charged.');
    case 'generation_erased':
      return reject('GENERATION_ERASED', 'A generation of this id was erased. Nothing was charged.');
    case 'closed':
      return reject('RUN_CLOSED', 'The credits were given back before this run reserved them. Nothing was charged.');
  }
}

/** An output that came after the refund: not charged, not delivered. */
export const discarded = () =>
  ApplicationFailure.nonRetryable('The output came after the credits had been given back.', 'OUTPUT_DISCARDED');

/** The failure of a workflow that has made good: what an operator reads first in the Web UI. */
export function refunded({ refunded, reason, message }: GivenBack, cause: TemporalFailure): ApplicationFailure {
  const money = refunded === undefined ? 'Nothing was held' : `Refunded ${credits(refunded)}`;
  return ApplicationFailure.create({
    type: reason,
    message: `${money}: ${message}`,
    nonRetryable: true,
    details: [{ refunded: refunded ?? 0, reason }],
    cause,
  });
}

const credits = (amount: number) => `${amount} credit${amount === 1 ? '' : 's'}`;
