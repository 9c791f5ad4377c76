import { z } from 'zod';
import { definePaidWork } from '../../../dist/kinds';

// Paid work of a stranger's own, as a product would define it: what is sold.

/** One step, priced by the page, charged by what was read. */
export const summary = definePaidWork({
  kind: 'summary',
  input: z.strictObject({ url: z.url(), pages: z.int().min(1).max(500) }),
  output: z.object({ title: z.string().min(1), body: z.string() }),
  price: ({ pages }) => 3 * pages,
  label: ({ url }) => `Summary of ${new URL(url).host}`,
  tries: { attempts: 3, attemptTimeout: '20 seconds', firstRetryDelay: 50 },
  reasons: {
    PAGE_BEHIND_LOGIN: { sentence: 'The page asks for a login.', final: true },
    PAGE_AWAY: { sentence: ({ attempts }) => `The page could not be reached in ${attempts} attempts.` },
    CANCELLED: { sentence: 'You have stopped this summary.' },
  },
});

/** Three steps, in a workflow of its own. */
export const report = definePaidWork({
  kind: 'report',
  input: z.strictObject({ topic: z.string().min(1) }),
  output: z.object({ text: z.string() }),
  price: 20,
  label: ({ topic }) => `Report on ${topic}`,
  tries: { attempts: 3, firstRetryDelay: 50 },
});

/** A part of a larger workflow. */
export const translation = definePaidWork({
  kind: 'translation',
  input: z.strictObject({ text: z.string().min(1) }),
  output: z.object({ text: z.string() }),
  price: ({ text }) => text.length,
  label: () => 'Translation',
  reasons: { LANGUAGE_UNKNOWN: { sentence: 'We do not know this language.', final: true } },
});
