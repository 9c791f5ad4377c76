import { z } from 'zod';
import { filledText as words } from '../../ledger/text';

/** What a customer asks for. Lengths are in UTF-16 units, generous for people and small for a workflow's history. */
export const EmailBrief = z.strictObject({
  // 254: the longest address that mail servers take (RFC 5321, errata 1690).
  to: z.email('must be an email address').max(254),
  goal: words(4_000),
  tone: words(100).optional(),
  language: words(100).optional(),
  context: words(20_000).optional(),
  sender: words(200).optional(),
});
export type EmailBrief = z.infer<typeof EmailBrief>;

/** What a customer pays for: a subject line and a body, neither of them empty. */
export const EmailDraft = z.object({
  subject: words(300),
  body: words(50_000),
});
export type EmailDraft = z.infer<typeof EmailDraft>;
