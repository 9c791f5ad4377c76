import { tried } from '../../ledger/reasons';
import { definePaidWork } from '../paid-work';
import { EmailBrief, EmailDraft } from './schemas';

export { EmailBrief, EmailDraft } from './schemas';

/** The kind that comes with Makegood: one email, drafted from a brief. */
export const emailDraft = definePaidWork({
  kind: 'email-draft',
  input: EmailBrief,
  output: EmailDraft,
  price: 1,
  label: ({ to }) => `Email to ${to}`,
  reasons: {
    PROVIDER_REFUSED: { sentence: 'Our AI provider declined to write this draft.' },
    OUTPUT_UNUSABLE: { sentence: ({ attempts }) => `The draft came back empty or unreadable${tried(attempts)}.` },
    OUTPUT_NOT_STORED: { sentence: 'The draft could not be stored.' },
    OUTPUT_DISCARDED: { sentence: 'The draft came after the credits had been given back.' },
    WORK_TIMED_OUT: { sentence: ({ attempts }) => `The draft took too long${tried(attempts)}.` },
  },
});
