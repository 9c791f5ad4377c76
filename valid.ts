import type { z } from 'zod';
import { MakegoodError } from './errors';

/** The value as the schema takes it. Throws INVALID_INPUT with a sentence for each field that is wrong. */
export function valid<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map((issue) => ({ field: issue.path.join('.'), message: sentenceOf(issue) }));
  const sentence = fields.map(({ field, message }) => (field ? `${field}: ${message}` : message)).join('; ');
  throw new MakegoodError('INVALID_INPUT', `${sentence}.`, { fields });
}

/** The schema's own words, but for a field that is not there at all. */
function sentenceOf(issue: z.core.$ZodIssue): string {
  const missing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  return missing ? 'is missing' : issue.message;
}
