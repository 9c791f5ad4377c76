import { z } from 'zod';
import { MakegoodError } from '../errors';
import type { GenerationRecord } from '../ledger/generations';
import { storableText } from '../ledger/text';

/**
 * What a retry follows. With `after` or `key` it is idempotent: the same one twice is one try and one charge, whatever
 * has happened in between. With neither it follows the newest refund.
 */
export interface RetryRequest {
  /** The refund to follow, by the `ordinal` of its reservation. */
  readonly after?: number | undefined;
  /** An idempotency key instead, of this generation alone; 1 to 200 characters. */
  readonly key?: string | undefined;
  /** Needed only where Temporal no longer keeps the input; it must be the same again. */
  readonly input?: unknown;
}

export const RefundOrdinal = z.int('must be the whole number of a refund').min(1, 'refunds are numbered from 1');
export const RetryKey = storableText(200).min(1, 'must not be empty');

export const RetryRequest = z
  .strictObject({ after: RefundOrdinal.optional(), key: RetryKey.optional(), input: z.unknown().optional() })
  .refine(({ after, key }) => after === undefined || key === undefined, {
    path: ['after'],
    error: 'goes without an idempotency key. Give one of the two',
  });

/**
 * The ordinal of the refund that is to be followed, or has been. Throws INVALID_INPUT where `after` names none,
 * NOT_REFUNDED where there is none yet.
 */
export function refundToFollow({ reservations, status }: GenerationRecord, { after, key }: RetryRequest): number {
  if (after === undefined) {
    const known = key === undefined ? undefined : reservations.find(({ retryKey }) => retryKey === key);
    if (known) return known.ordinal - 1;
    if (status !== 'REFUNDED') throw new MakegoodError('NOT_REFUNDED');
    return reservations.length;
  }
  const named = reservations[after - 1];
  if (!named) {
    const message = `there is no refund ${after}: the newest reservation of this generation is ${reservations.length}`;
    throw new MakegoodError('INVALID_INPUT', `after: ${message}.`, { fields: [{ field: 'after', message }] });
  }
  if (named.state !== 'REFUNDED') throw new MakegoodError('NOT_REFUNDED');
  return after;
}
