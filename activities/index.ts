import type { Database } from '../ledger/database';
import { type CreditActivities, creditActivities } from './credits';
import { type DraftEmail, draftEmail } from './draft-email';
import type { Provider } from './provider';

export type { CreditActivities } from './credits';
export { type ReconcileActivities, reconcileActivities } from './reconcile';

/** The activities that do paid work: one for each kind. */
export interface WorkActivities {
  draftEmail: DraftEmail;
}

export interface Dependencies {
  readonly db: Database;
  readonly provider: Provider;
  /** The UUID of the worker's Temporal namespace. */
  readonly namespace: string;
}

/** What generations are made of. */
export function activities({ db, provider, namespace }: Dependencies): CreditActivities & WorkActivities {
  return { ...creditActivities(db, namespace), draftEmail: draftEmail(db, provider) };
}
