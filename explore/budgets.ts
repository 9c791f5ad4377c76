import type { Budget } from './world';

const NOTHING: Budget = {
  ...{ credits: 2, resets: 0, retries: 0, repeats: 0, terminates: 0, cancels: 0, sweeps: 0, deletions: 0, spends: 0 },
};

/** What `npm run explore` goes through, each to its end. */
export const BUDGETS: Readonly<Record<string, Budget>> = {
  one: { ...NOTHING, resets: 1, repeats: 1, terminates: 1, cancels: 1, sweeps: 1, deletions: 1 },
  a: { ...NOTHING, resets: 2, repeats: 1, terminates: 1, sweeps: 1 },
  b: { ...NOTHING, resets: 1, retries: 1, repeats: 1, terminates: 2, sweeps: 1 },
  c: { ...NOTHING, resets: 1, retries: 1, repeats: 1, terminates: 1, sweeps: 1, spends: 1 },
  d: { ...NOTHING, credits: 1, resets: 1, retries: 1, repeats: 1, terminates: 1, sweeps: 1, spends: 1 },
  e: { ...NOTHING, retries: 2, repeats: 1, terminates: 2, sweeps: 2, cancels: 1 },
  f: { ...NOTHING, resets: 2, retries: 1, terminates: 2, sweeps: 1 },
  g: { ...NOTHING, resets: 1, retries: 1, repeats: 0, terminates: 2, sweeps: 2, cancels: 1, deletions: 1 },
  h: { ...NOTHING, resets: 3, sweeps: 1, terminates: 1 },
  i: { ...NOTHING, resets: 1, repeats: 2, sweeps: 1, terminates: 1 },
};
