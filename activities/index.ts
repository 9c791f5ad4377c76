import { type CreditActivities, type CreditDependencies, creditActivities } from './credits';
import { type DraftEmail, draftEmail } from './draft-email';
import type { Provider } from './provider';

export type { CreditActivities } from './credits';
export type { SweepProgress } from './sweep';
export { type UpkeepActivities, upkeepActivities } from './upkeep';

/** The activities that do paid work: one for each kind. */
export interface WorkActivities {
  draftEmail: DraftEmail;
}

export interface Dependencies extends CreditDependencies {
  readonly provider: Provider;
}

/** What generations are made of. */
export function activities({ provider, ...credits }: Dependencies): CreditActivities & WorkActivities {
  return { ...creditActivities(credits), draftEmail: draftEmail(credits.db, provider) };
}
