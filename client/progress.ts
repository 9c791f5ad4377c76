import { readable } from '../ledger/encryption';
import type { GenerationRecord } from '../ledger/generations';

/** How a generation ended. Amounts in credits; `charged - refunded` is what it cost the customer. */
export type Ended<Output = unknown> = Sums & Identity & (Succeeded<Output> | GivenBack | Rejected);

interface Identity {
  readonly account: string;
  readonly id: string;
}

interface Sums {
  readonly charged: number;
  readonly refunded: number;
  /** How often the work was tried for the newest charge. */
  readonly attempts: number;
}

export interface Succeeded<Output = unknown> {
  readonly status: 'succeeded';
  /** Null once it has been erased. */
  readonly output: Output;
}
/** `cancelled` was asked for; `refunded` failed for good. Both hold nothing any more. */
export interface GivenBack {
  readonly status: 'refunded' | 'cancelled';
  readonly reason: string;
  readonly message: string;
}
/** Turned away before anything was held: INSUFFICIENT_CREDITS, UNKNOWN_ACCOUNT, GENERATION_CONFLICT. */
export interface Rejected {
  readonly status: 'rejected';
  readonly reason: string;
  readonly message: string;
}

/**
 * What the ledger says of a generation: ended, or nothing yet while its credits are held. Throws UNKNOWN_ENCRYPTION_KEY and
 * NOT_DECRYPTED, unless it is given what to show for the output.
 */
export function endOf(record: GenerationRecord, output: unknown = readable(record.output)): Ended | undefined {
  const who = { account: record.account, id: record.id };
  if (record.status === 'RESERVED') return undefined;
  if (record.status === 'SUCCEEDED') return { status: 'succeeded', output, ...who, ...sums(record) };
  const last = record.reservations.at(-1);
  const reason = last?.reason ?? 'INTERNAL_ERROR';
  const message = last?.message ?? '';
  return { status: reason === 'CANCELLED' ? 'cancelled' : 'refunded', reason, message, ...who, ...sums(record) };
}

/** Stopped before any credits were held: the ledger knows only of the tries before, which it refunded. */
export const cancelledBeforeHeld = ({ account, id }: Identity, before?: GenerationRecord): Ended => ({
  status: 'cancelled',
  reason: 'CANCELLED',
  message: `${before ? 'The retry' : 'It'} was stopped before any credits were held.`,
  account,
  id,
  ...sumsOf(before),
});

/** All nothing where the ledger has never heard of it. */
export const sumsOf = (record: GenerationRecord | undefined): Sums =>
  record ? sums(record) : { charged: 0, refunded: 0, attempts: 0 };

/** What was charged and given back over all its reservations, and how often the newest was tried. */
export function sums({ reservations, attempts, status }: GenerationRecord): Sums {
  // A settled one is charged what it cost, which may be less than what was held.
  const total = (records: GenerationRecord['reservations']) =>
    records.reduce((sum, { amount, cost }) => sum + (cost ?? amount), 0);
  const newest = reservations.at(-1)?.ordinal;
  return {
    charged: total(reservations),
    refunded: total(reservations.filter(({ state }) => state === 'REFUNDED')),
    attempts: attempts.filter(({ ordinal }) => ordinal === newest).length + (status === 'SUCCEEDED' ? 1 : 0),
  };
}
