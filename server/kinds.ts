import type { z } from 'zod';
import { KINDS } from '../kinds';
import { EmailDraft } from '../kinds/email-draft';

/** What the API needs to know of a kind of paid work: its name, what it takes and what it delivers. */
export interface OfferedKind {
  readonly kind: string;
  readonly input: z.ZodType;
  readonly output: z.ZodType;
}

/** The kinds of work that this server starts. */
export const offeredKinds: readonly OfferedKind[] = Object.entries(KINDS).map(([kind, { input }]) => ({
  kind,
  input,
  output: EmailDraft,
}));
