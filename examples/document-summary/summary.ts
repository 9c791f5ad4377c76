import { definePaidWork } from 'makegood/kind';
import { z } from 'zod';

// What is sold. The backend and the worker both import it.

export const CREDITS_PER_PAGE = 3;

export const summary = definePaidWork({
  kind: 'summary',
  input: z.strictObject({ url: z.url(), pages: z.int().min(1).max(500) }),
  output: z.object({ title: z.string().min(1), body: z.string().min(1) }),
  // The most it can cost: held before the work begins.
  price: ({ pages }) => CREDITS_PER_PAGE * pages,
  label: ({ url }) => `Summary of ${new URL(url).host}`,
  tries: { attempts: 4, attemptTimeout: '2 minutes' },
  reasons: {
    DOCUMENT_PRIVATE: { sentence: 'The document asks for a login.', final: true },
    DOCUMENT_MISSING: { sentence: 'There is no document at this address.', final: true },
    DOCUMENT_UNREACHABLE: { sentence: 'The document could not be reached.' },
  },
});
