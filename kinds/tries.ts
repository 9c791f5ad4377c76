import { z } from 'zod';
import { MakegoodError } from '../errors';

/** As Temporal's SDK reads durations. The package's types are missing for CommonJS. */
const ms: (words: string) => number | undefined = require('ms');

/** How hard the work of a kind is tried; each step of it by itself. Times in milliseconds. */
export interface Tries {
  /** Of one step, in one run of its workflow. */
  readonly attempts: number;
  /** Of one attempt. Its signal is aborted a little earlier, so that it can say what it met. */
  readonly attemptTimeout: number;
  /** Of all attempts of a step together, with the waits between them. */
  readonly totalTimeout: number;
  readonly heartbeatTimeout: number;
  readonly firstRetryDelay: number;
  readonly maxRetryDelay: number;
}

/** A number of milliseconds, or words: '2 minutes', '500 ms'. */
export type Duration = number | string;

/** What may be given of it: the rest is as in `TRIES`. */
export type TriesOptions = {
  readonly [Name in keyof Tries]?: Name extends 'attempts' ? number : Duration;
};

/** Where a kind says nothing else. */
export const TRIES: Tries = {
  // With the delays below a provider may be away for about 8 seconds before the customer gets the credits back.
  attempts: 5,
  // A long answer takes a slow model tens of seconds; the attempt gives its provider call up a little earlier.
  attemptTimeout: 60_000,
  // Nobody waits longer for a step. Bounds a provider that asks for long waits by Retry-After, too.
  totalTimeout: 300_000,
  // A killed worker is noticed after this long. Three beats of a living one arrive meanwhile (worker/options.ts), so
  // that a busy one is not taken for dead: that would cost a provider call.
  heartbeatTimeout: 1_500,
  // Short, because work whose worker was killed waits for it too; it trebles each time, for the provider's sake.
  firstRetryDelay: 200,
  maxRetryDelay: 10_000,
};

const time = z
  .union([z.number(), z.string().transform((words) => ms(words) ?? Number.NaN)])
  .refine(
    (value) => Number.isInteger(value) && value >= 1,
    'must be a time of a millisecond or more: 500 or "2 minutes"',
  );

const Options = z.strictObject({
  attempts: z.int().min(1).optional(),
  attemptTimeout: time.optional(),
  totalTimeout: time.optional(),
  heartbeatTimeout: time.optional(),
  firstRetryDelay: time.optional(),
  maxRetryDelay: time.optional(),
});

/**
 * `options` over `base`, if Temporal will take it: it would refuse it in the workflow alone, with the credits held
 * already. Throws INVALID_SETTING.
 */
export function triesOf(options: TriesOptions = {}, base: Tries = TRIES): Tries {
  const parsed = Options.safeParse(options);
  const faults = parsed.error?.issues.map(({ path, message }) => `tries.${path.join('.')}: ${message}`) ?? [];
  const tries = { ...base, ...parsed.data } as Tries;
  if (tries.firstRetryDelay > tries.maxRetryDelay)
    faults.push('tries.maxRetryDelay: must not be less than firstRetryDelay');
  if (faults.length > 0) throw new MakegoodError('INVALID_SETTING', `${faults.join('; ')}.`);
  // A step may not take less than one of its attempts.
  return options.totalTimeout === undefined && tries.totalTimeout < tries.attemptTimeout
    ? { ...tries, totalTimeout: tries.attemptTimeout * tries.attempts }
    : tries;
}
