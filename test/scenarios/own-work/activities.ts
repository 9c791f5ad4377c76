import { delivered, perform, step, WorkFailure } from '../../../dist/activities/api';
import { report, summary, translation } from './kinds';

// The work itself. The input says how it goes, as the sandbox's recipients do for the email draft.

export const summaryWork = perform(summary, async ({ url, pages }, attempt) => {
  const { pathname } = new URL(url);
  if (pathname === '/login') throw new WorkFailure('PAGE_BEHIND_LOGIN', 'HTTP 401');
  if (pathname === '/away') throw new WorkFailure('PAGE_AWAY', 'no route');
  if (pathname === '/bug') throw new TypeError('x is not a function');
  if (pathname === '/empty') return { title: '', body: '' };
  if (pathname === '/flaky' && attempt.number < 3) throw new WorkFailure('PAGE_AWAY', 'no route', { retryAfterMs: 10 });
  if (pathname === '/slow') await aborted(attempt.signal);
  const read = pathname === '/half' ? Math.ceil(pages / 2) : pathname === '/beyond' ? pages * 9 : pages;
  return delivered({ title: attempt.label, body: `${read} pages` }, { credits: 2 * read });
});

export const outline = step(report, 'outline', async (topic: string) => [`What ${topic} is`, `Why ${topic} matters`]);

export const research = step(report, 'research', async (heading: string, { number }) => {
  if (heading.includes('flaky') && number < 2) throw new WorkFailure('PROVIDER_UNAVAILABLE', 'try again');
  return `${heading}: known.`;
});

export const write = step(report, 'write', async (notes: readonly string[]) => {
  if (notes.join().includes('hopeless')) throw new WorkFailure('PROVIDER_REFUSED', 'no');
  return { text: notes.join(' ') };
});

export const translate = step(translation, 'translate', async (text: string, { signal }) => {
  if (text.startsWith('endless')) await aborted(signal);
  if (text === 'klingon') throw new WorkFailure('LANGUAGE_UNKNOWN', 'tlhIngan');
  return { text: text.toUpperCase() };
});

const aborted = (signal: AbortSignal) =>
  new Promise<never>((_, fail) => signal.addEventListener('abort', () => fail(signal.reason)));
