import { delivered, perform, WorkFailure } from 'makegood/activity';
import { ask } from './model';
import { CREDITS_PER_PAGE, summary } from './summary';

/** One attempt. Tried again as the kind says, unless its failure is final. */
export const summaryWork = perform(summary, async ({ url, pages }, { signal }) => {
  const document = await read(url, signal);
  const asked = document.slice(0, pages);
  const { subject, body } = await ask('Summarise this document in three sentences.', asked.join('\n'), signal);
  // Shorter than thought? Then it costs less, and the rest of what was held comes back.
  return delivered({ title: subject, body }, { credits: CREDITS_PER_PAGE * asked.length });
});

/** The pages of a plain text: form feeds part them, as `pdftotext` writes them. */
async function read(url: string, signal: AbortSignal): Promise<string[]> {
  const response = await fetch(url, { signal }).catch((cause: unknown) => {
    throw new WorkFailure('DOCUMENT_UNREACHABLE', `${url}: no answer`, { cause });
  });
  const { ok, status } = response;
  if (status === 401 || status === 403) throw new WorkFailure('DOCUMENT_PRIVATE', url, { status });
  if (status === 404) throw new WorkFailure('DOCUMENT_MISSING', url, { status });
  if (!ok) throw new WorkFailure('DOCUMENT_UNREACHABLE', url, { status });
  return (await response.text()).split('\f');
}
