import type { Budget } from './world';

/** All goes well. Two prices, so that a second charge would go through. */
export const NOTHING: Budget = {
  ...{ credits: 2, resets: 0, retries: 0, repeats: 0, terminates: 0, cancels: 0, sweeps: 0, deletions: 0, spends: 0 },
};

/** What `npm run explore` goes through, each to its end: up to a million states. */
export const BUDGETS: Readonly<Record<string, Budget>> = {
  deleted: { ...NOTHING, resets: 1, repeats: 1, terminates: 1, cancels: 1, sweeps: 1, deletions: 1 },
  'reset-twice': { ...NOTHING, resets: 2, repeats: 1, terminates: 1, sweeps: 1 },
  'asked-twice': { ...NOTHING, resets: 1, repeats: 2, terminates: 1, sweeps: 1 },
  retried: { ...NOTHING, resets: 1, retries: 1, repeats: 1, terminates: 2, sweeps: 1 },
  'retried-twice': { ...NOTHING, retries: 2, repeats: 1, terminates: 2, cancels: 1, sweeps: 2 },
  spent: { ...NOTHING, credits: 1, resets: 1, retries: 1, repeats: 1, terminates: 1, sweeps: 1, spends: 1 },
  'swept-twice': { ...NOTHING, resets: 2, terminates: 2, sweeps: 2, deletions: 1 },
  'reset-retried': { ...NOTHING, resets: 2, retries: 1, terminates: 1, sweeps: 1 },
};
