import { MakegoodError } from '../errors';
import type { KindName } from '../kinds';

/** Credits a generation of each kind costs: whole numbers from 0. A client never names an amount. */
export const PRICES: Readonly<Record<KindName, number>> = {
  'email-draft': 1,
};

/** The catalogue, if every price in it is one. Throws INVALID_SETTING. */
export function checkedPrices(prices: typeof PRICES): typeof PRICES {
  for (const [kind, price] of Object.entries(prices)) {
    if (Number.isSafeInteger(price) && price >= 0) continue;
    throw new MakegoodError('INVALID_SETTING', `The price of ${kind} must be a whole number from 0, not ${price}.`);
  }
  return prices;
}
