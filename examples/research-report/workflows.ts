import { paidWorkflow, steps } from 'makegood/workflow';
import type * as activities from './activities';
import { report } from './report';

const { readSource, outline, write } = steps<typeof activities>(report);

/** One price for the whole: held before the first step, charged after the last, given back where any of them fails. */
export const researchReport = paidWorkflow(report, async ({ topic, sources }) => {
  const texts = await Promise.all(sources.map((url) => readSource(url)));
  const headings = await outline(texts);
  return write({ topic, headings });
});
