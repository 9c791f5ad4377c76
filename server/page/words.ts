import type { Charge } from '../../ledger/stories';
import type { UsageEntry } from '../../ledger/usage';

// What the page says, in one place: the same words on the screen, in the details and to a screen reader.

const number = new Intl.NumberFormat('en-US');
/** `1,204`. */
export const count = (value: number): string => number.format(value);
/** `1 credit`, `1,204 credits`. */
export const credits = (value: number): string => `${count(value)} ${value === 1 ? 'credit' : 'credits'}`;

/** `+1`, `−1` with a real minus sign, `0`. */
export function signed(amount: number): string {
  if (amount === 0) return '0';
  return amount > 0 ? `+${count(amount)}` : `−${count(-amount)}`;
}

const ordinals = new Intl.PluralRules('en', { type: 'ordinal' });
const SUFFIX: Partial<Record<Intl.LDMLPluralRule, string>> = { one: 'st', two: 'nd', few: 'rd' };
/** `1st`, `2nd`, `3rd`. */
export const nth = (value: number): string => `${count(value)}${SUFFIX[ordinals.select(value)] ?? 'th'}`;

const times = (value: number): string => (value === 1 ? 'once' : value === 2 ? 'twice' : `${count(value)} times`);

/** What became of a charge, in one line. */
export function outcomeOf({ state, failures, stepped }: Charge): string {
  const failed = failures.length;
  switch (state) {
    case 'RESERVED':
      return failed === 0 ? 'Held while we work on it' : `Held while we try again: it failed ${times(failed)} so far`;
    case 'SETTLED':
      if (stepped) return `Delivered after ${failed === 1 ? 'a failed try' : `${count(failed)} failed tries`}`;
      return failed === 0 ? 'Delivered' : `Succeeded on the ${nth(failed + 1)} try`;
    case 'REFUNDED':
      return 'Given back';
  }
}

/** What a screen reader says when an entry lands. */
export function announcement({ kind, amount, held, cost, label, message }: UsageEntry): string {
  const what = label === null ? '' : ` ${label}.`;
  switch (kind) {
    case 'GRANT':
      return `${credits(amount)} granted.${message ? ` ${message}` : ''}`;
    case 'ADJUST':
      return `${credits(Math.abs(amount))} ${amount > 0 ? 'added' : 'taken off'} by our team. ${message ?? ''}`;
    case 'REFUND':
      return `${amount === 0 ? 'A free generation failed' : `${credits(amount)} refunded`}.${what} ${message ?? ''}`;
    case 'RESERVE':
      return `${amount === 0 ? 'A free generation has begun' : `${credits(-amount)} held`}.${what}`;
    case 'SETTLE':
      return `Delivered${held === 0 ? ', free' : ` for ${credits(cost ?? -held)}`}.${what}`;
  }
}
