import { z } from 'zod';

/**
 * Ids are chosen by the caller. They stand in workflow ids, URLs and Temporal's filters, so their form is narrow:
 * a letter or digit, then letters, digits and `. _ : @ -`. The database has the same rule as a CHECK.
 */
const form = (max: number) => new RegExp(`^[A-Za-z0-9][A-Za-z0-9._:@-]{0,${max - 1}}$`);
const rule = (what: string, max: number) =>
  `${what} 1 to ${max} characters: a letter or digit first, then letters, digits and . _ : @ -`;

/** At most 64 characters. */
export const AccountId = z.string().regex(form(64), rule('an account id has', 64)).brand<'AccountId'>();
export type AccountId = z.infer<typeof AccountId>;

/** At most 128 characters; unique within its account. */
export const GenerationId = z.string().regex(form(128), rule('a generation id has', 128)).brand<'GenerationId'>();
export type GenerationId = z.infer<typeof GenerationId>;

/** One start of the workflow: `originalExecutionRunId`, the same over every reset. */
export type ExecutionId = string & { readonly __try: never };
/** One run of the workflow: `runId`, new after a reset. */
export type RunId = string & { readonly __run: never };
