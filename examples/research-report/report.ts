import { definePaidWork } from 'makegood/kind';
import { z } from 'zod';

// What is sold. The backend, the worker and the workflow import it.

export const report = definePaidWork({
  kind: 'research-report',
  input: z.strictObject({ topic: z.string().min(1).max(500), sources: z.array(z.url()).min(1).max(5) }),
  output: z.object({ title: z.string().min(1), text: z.string().min(1) }),
  price: 20,
  label: ({ topic }) => `Report on ${topic}`,
  // Of each step by itself.
  tries: { attempts: 4, firstRetryDelay: '100 ms' },
  reasons: {
    SOURCE_UNREACHABLE: { sentence: 'A source of your report could not be reached.' },
    PROVIDER_REFUSED: { sentence: 'Our AI provider declined to write this report.' },
  },
});
