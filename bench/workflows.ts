import { proxyActivities, proxyLocalActivities, workflowInfo } from '@temporalio/workflow';
import type { CreditActivities, WorkActivities } from '../activities';
import type { EmailBrief } from '../kinds/email-draft';
import type { RunId, TryId } from '../ledger/ids';
import type { Asker } from '../ledger/outcomes';
import type { Order } from '../workflows/order';

// What Makegood's workflow is measured beside.

export { generateEmail } from '../workflows/generate-email';

const activities = proxyActivities<CreditActivities & WorkActivities>({ startToCloseTimeout: '1 minute' });
const local = proxyLocalActivities<CreditActivities>({ startToCloseTimeout: '1 minute' });

/** The plain form: the same three steps, each a regular activity, and no provision for anything going wrong. */
export async function plainForm(order: Order<EmailBrief>): Promise<void> {
  const asker = askerOf(order);
  await activities.reserve(asker, order, workflowInfo().workflowId);
  const draft = await activities.draftEmail(asker, order.input);
  await activities.settle(asker, draft);
}

/** The plain form with its movements of credits as local activities: the least that Makegood's own form can cost. */
export async function localForm(order: Order<EmailBrief>): Promise<void> {
  const asker = askerOf(order);
  await local.reserve(asker, order, workflowInfo().workflowId);
  const draft = await activities.draftEmail(asker, order.input);
  await local.settle(asker, draft);
}

/** The draft alone, with no money: what the work itself costs on Temporal. */
export async function oneActivity(order: Order<EmailBrief>): Promise<void> {
  await activities.draftEmail(askerOf(order), order.input);
}

/** A workflow that does nothing: what Temporal itself costs. */
export async function empty(): Promise<void> {}

function askerOf({ account, generation }: Order): Asker {
  const { originalExecutionRunId, runId } = workflowInfo();
  return { account, generation, try: originalExecutionRunId as TryId, run: runId as RunId };
}
