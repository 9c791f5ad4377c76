import { proxyActivities, proxyLocalActivities, workflowInfo } from '@temporalio/workflow';
import type { CreditActivities } from '../activities';
import type { Delivered } from '../kinds/delivered';
import type { ExecutionId, RunId } from '../ledger/ids';
import type { GenerationRun } from '../ledger/outcomes';
import type { Order } from '../workflows/order';
import type { StepCall } from '../workflows/step-call';

// What Makegood's workflow is measured beside.

export { paidWork } from '../workflows/paid-work';

interface WorkActivities {
  'email-draft'(call: StepCall, input: unknown): Promise<Delivered<object>>;
}
const activities = proxyActivities<CreditActivities & WorkActivities>({ startToCloseTimeout: '1 minute' });
const local = proxyLocalActivities<CreditActivities>({ startToCloseTimeout: '1 minute' });

/** The plain form: the same three steps, each a regular activity, and no provision for anything going wrong. */
export async function plainForm(order: Order): Promise<void> {
  const generationRun = generationRunOf(order);
  await activities.reserve(generationRun, order, workflowInfo().workflowId);
  const { output } = await activities['email-draft']({ generationRun, label: order.label }, order.input);
  await activities.settle(generationRun, output);
}

/** The plain form with its movements of credits as local activities: the least that Makegood's own form can cost. */
export async function localForm(order: Order): Promise<void> {
  const generationRun = generationRunOf(order);
  await local.reserve(generationRun, order, workflowInfo().workflowId);
  const { output } = await activities['email-draft']({ generationRun, label: order.label }, order.input);
  await local.settle(generationRun, output);
}

/** The draft alone, with no money: what the work itself costs on Temporal. */
export async function oneActivity(order: Order): Promise<void> {
  await activities['email-draft']({ generationRun: generationRunOf(order), label: order.label }, order.input);
}

/** A workflow that does nothing: what Temporal itself costs. */
export async function empty(): Promise<void> {}

function generationRunOf({ account, generation }: Order): GenerationRun {
  const { originalExecutionRunId, runId } = workflowInfo();
  return { account, generation, execution: originalExecutionRunId as ExecutionId, run: runId as RunId };
}
