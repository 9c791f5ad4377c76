import type { AccountId, GenerationId } from '../ledger/ids';

/** What every generation's workflow id begins with, and no other workflow's. */
export const WORKFLOW_ID_PREFIX = 'makegood/';

/** One generation, one workflow id: Temporal itself allows no second one at work. Ids hold no slash. */
export const workflowIdOf = (account: AccountId, generation: GenerationId) =>
  `${WORKFLOW_ID_PREFIX}${account}/${generation}`;

/** The account and generation that a workflow id names; nothing for any other workflow. */
export function idsOf(workflowId: string): { account: string; generation: string } | undefined {
  if (!workflowId.startsWith(WORKFLOW_ID_PREFIX)) return undefined;
  const [account, generation, ...more] = workflowId.slice(WORKFLOW_ID_PREFIX.length).split('/');
  return account && generation && more.length === 0 ? { account, generation } : undefined;
}

/** Whether a generation is a part of a workflow of its product's own (`pay`), under whatever id that has. */
export const isPart = ({ account, id, workflowId }: { account: AccountId; id: GenerationId; workflowId: string }) =>
  workflowId !== workflowIdOf(account, id);

/** The sweep and the audit of a task queue. No slash after `makegood`: no account may have a generation of this id. */
export const sweepIdOf = (taskQueue: string) => `makegood-sweep/${taskQueue}`;
export const auditIdOf = (taskQueue: string) => `makegood-audit/${taskQueue}`;
