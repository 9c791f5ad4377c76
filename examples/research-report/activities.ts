import { step, WorkFailure } from 'makegood/activity';
import { ask } from './model';
import { report } from './report';

// The three steps. Each is tried, timed and recorded on its own.

export const readSource = step(report, 'readSource', async (url: string, { signal }) => {
  const response = await fetch(url, { signal }).catch((cause: unknown) => {
    throw new WorkFailure('SOURCE_UNREACHABLE', `${url}: no answer`, { cause });
  });
  const { ok, status } = response;
  if (!ok) throw new WorkFailure('SOURCE_UNREACHABLE', url, { status });
  return response.text();
});

export const outline = step(report, 'outline', async (texts: readonly string[], { signal }) => {
  const { body } = await ask('Outline a report on these sources, one heading a line.', texts.join('\n\n'), signal);
  return body.split('\n').filter((heading) => heading.trim() !== '');
});

interface Plan {
  readonly topic: string;
  readonly headings: readonly string[];
}

export const write = step(report, 'write', async ({ topic, headings }: Plan, { signal }) => {
  const { subject, body } = await ask(`Write a report on ${topic}.`, headings.join('\n'), signal);
  return { title: subject, text: body };
});
