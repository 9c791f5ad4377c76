import { type CreditActivities, type CreditDependencies, creditActivities } from './credits';
import { type Step, stepActivities } from './perform';

export type { CreditActivities, GivenBack } from './credits';
export type { SweepProgress } from './sweep';
export { type UpkeepActivities, upkeepActivities } from './upkeep';

export interface Dependencies extends CreditDependencies {
  readonly work: readonly Step[];
}

/** What generations are made of: the movements of credits, and the steps of the work. */
export const activities = ({ work, ...credits }: Dependencies): CreditActivities => ({
  ...creditActivities(credits),
  ...stepActivities(credits.db, work),
});
