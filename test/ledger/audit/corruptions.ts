import { ACCOUNT_CORRUPTIONS } from './account-corruptions';
import type { Corruption } from './corruption';
import { ENTRY_CORRUPTIONS } from './entry-corruptions';
import { GENERATION_CORRUPTIONS } from './generation-corruptions';
import { RESERVATION_CORRUPTIONS } from './reservation-corruptions';
import { TEXT_CORRUPTIONS } from './text-corruptions';

/** What somebody who owns the database can do to it with triggers off, one or more for each check of the audit. */
export const CORRUPTIONS: readonly Corruption[] = [
  ...ACCOUNT_CORRUPTIONS,
  ...ENTRY_CORRUPTIONS,
  ...TEXT_CORRUPTIONS,
  ...GENERATION_CORRUPTIONS,
  ...RESERVATION_CORRUPTIONS,
];
