import type { KindName } from '../kinds';

/** Credits a generation of each kind costs: whole numbers from 0. A client never names an amount. */
export const PRICES: Readonly<Record<KindName, number>> = {
  'email-draft': 1,
};
