import { definePaidWork } from 'makegood/kind';
import { z } from 'zod';

// What is sold. The kind that comes with Makegood is made in the same way.

export const emailDraft = definePaidWork({
  kind: 'email-draft',
  input: z.strictObject({
    to: z.email().max(254),
    goal: z.string().min(1).max(4_000),
    tone: z.string().min(1).max(100).optional(),
  }),
  output: z.object({ subject: z.string().min(1).max(300), body: z.string().min(1).max(50_000) }),
  price: 1,
  label: ({ to }) => `Email to ${to}`,
  reasons: { PROVIDER_REFUSED: { sentence: 'Our AI provider declined to write this draft.' } },
});
