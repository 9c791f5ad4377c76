import { ApplicationFailure, executeChild, proxyActivities } from '@temporalio/workflow';
import { orderFor, paidWorkflow, pay, steps } from '../../../dist/workflows/api';
import type * as activities from './activities';
import { report, translation } from './kinds';

const { outline, research, write } = steps<typeof activities>(report);

export const researchReport = paidWorkflow(report, async ({ topic }) => {
  const headings = await outline(topic);
  return write(await Promise.all(headings.map((heading) => research(heading))));
});

const { translate } = steps<typeof activities>(translation);
const { ownActivity } = proxyActivities<{ ownActivity(): Promise<string> }>({ startToCloseTimeout: '10 seconds' });

/** A company's own workflow, a part of which is paid for. */
export async function handleTicket(account: string, text: string): Promise<string> {
  const name = await ownActivity();
  try {
    const { text: translated } = await pay(translation, { account, id: `${text}-1`, input: { text } }, ({ text }) =>
      translate(text),
    );
    const again = await pay(translation, { account, id: `${text}-1`, input: { text } }, ({ text }) => translate(text));
    await executeChild(researchReport, {
      workflowId: `ticket-report-${account}-${text}`,
      args: [orderFor(report, { account, id: `${text}-2`, input: { topic: text } })],
    });
    return `${name}: ${translated} ${again.text}`;
  } catch (failure) {
    if (failure instanceof ApplicationFailure) return `${name}: ${failure.type}`;
    throw failure;
  }
}
