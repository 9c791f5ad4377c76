import { proxyActivities, proxyLocalActivities, workflowInfo } from '@temporalio/workflow';
import type { CreditActivities, WorkActivities } from '../activities';
import type { EmailBrief } from '../kinds/email-draft';
import type { ExecutionId, RunId } from '../ledger/ids';
import type { GenerationRun } from '../ledger/outcomes';
import type { Order } from '../workflows/order';

// What Makegood's workflow is measured beside.

export { generateEmail } from '../workflows/generate-email';

const activities = proxyActivities<CreditActivities & WorkActivities>({ startToCloseTimeout: '1 minute' });
const local = proxyLocalActivities<CreditActivities>({ startToCloseTimeout: '1 minute' });

/** The plain form: the same three steps, each a regular activity, and no provision for anything going wrong. */
export async function plainForm(order: Order<EmailBrief>): Promise<void> {
  const generationRun = generationRunOf(order);
  await activities.reserve(generationRun, order, workflowInfo().workflowId);
  const draft = await activities.draftEmail(generationRun, order.input);
  await activities.settle(generationRun, draft);
}

/** The plain form with its movements of credits as local activities: the least that Makegood's own form can cost. */
export async function localForm(order: Order<EmailBrief>): Promise<void> {
  const generationRun = generationRunOf(order);
  await local.reserve(generationRun, order, workflowInfo().workflowId);
  const draft = await activities.draftEmail(generationRun, order.input);
  await local.settle(generationRun, draft);
}

/** The draft alone, with no money: what the work itself costs on Temporal. */
export async function oneActivity(order: Order<EmailBrief>): Promise<void> {
  await activities.draftEmail(generationRunOf(order), order.input);
}

/** A workflow that does nothing: what Temporal itself costs. */
export async function empty(): Promise<void> {}

function generationRunOf({ account, generation }: Order): GenerationRun {
  const { originalExecutionRunId, runId } = workflowInfo();
  return { account, generation, execution: originalExecutionRunId as ExecutionId, run: runId as RunId };
}
