import { z } from 'zod';
import { MakegoodError } from '../errors';
import { WORK_POLICY, type WorkPolicy } from '../workflows/order';

const milliseconds = z.int().min(1);
const Policy = z
  .strictObject({
    attempts: z.int().min(1),
    attemptTimeout: milliseconds,
    totalTimeout: milliseconds,
    heartbeatTimeout: milliseconds,
    firstRetryDelay: milliseconds,
    maxRetryDelay: milliseconds,
  })
  .refine(({ firstRetryDelay, maxRetryDelay }) => firstRetryDelay <= maxRetryDelay, {
    path: ['maxRetryDelay'],
    error: 'must not be less than firstRetryDelay',
  });

/**
 * The policy, if Temporal will take it: it would refuse it in the workflow alone, with the credits held already.
 * Throws INVALID_SETTING.
 */
export function checkedPolicy(policy: Partial<WorkPolicy>): Partial<WorkPolicy> {
  const { error } = Policy.safeParse({ ...WORK_POLICY, ...policy });
  if (!error) return policy;
  const faults = error.issues.map(({ path, message }) => `policy.${path.join('.')}: ${message}`);
  throw new MakegoodError('INVALID_SETTING', `${faults.join('; ')}.`);
}
