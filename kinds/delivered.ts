import { MakegoodError } from '../errors';

/** What paid work has brought, and what it did cost, where that is less than what is held. */
export interface Delivered<Output> {
  readonly output: Output;
  /** Credits. */
  readonly credits?: number;
}

const isDelivered = Symbol.for('makegood.delivered');

/** An output with its cost in credits: at most what is held is charged, and the rest returns in the same commit. */
export function delivered<Output>(output: Output, { credits }: { readonly credits?: number } = {}): Delivered<Output> {
  if (credits !== undefined && !(Number.isSafeInteger(credits) && credits >= 0)) {
    throw new MakegoodError('INVALID_SETTING', `delivered: credits must be a whole number from 0, not ${credits}.`);
  }
  return { [isDelivered]: true, output, ...(credits === undefined ? {} : { credits }) } as Delivered<Output>;
}

/** An output that comes alone costs all that is held. */
export const asDelivered = <Output>(result: Output | Delivered<Output>): Delivered<Output> =>
  typeof result === 'object' && result !== null && isDelivered in result
    ? (result as Delivered<Output>)
    : { output: result as Output };
