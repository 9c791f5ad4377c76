import { z } from 'zod';

/** One grant or price is at most a trillion credits: far beyond any product, and sums stay exact integers. */
export const MAX_AMOUNT = 1_000_000_000_000;

/** Credits: whole numbers, never fractions. */
export const GrantAmount = z
  .number('an amount of credits is a whole number')
  .int('an amount of credits is a whole number')
  .min(1, 'a grant is of 1 credit or more')
  .max(MAX_AMOUNT, `a grant is of ${MAX_AMOUNT} credits at most`);

/** Of a correction by hand, up or down. */
export const AdjustmentAmount = z
  .number('an amount of credits is a whole number')
  .int('an amount of credits is a whole number')
  .min(-MAX_AMOUNT, `an adjustment is by ${MAX_AMOUNT} credits at most`)
  .max(MAX_AMOUNT, `an adjustment is by ${MAX_AMOUNT} credits at most`)
  .refine((amount) => amount !== 0, 'an adjustment is by 1 credit or more, up or down');
