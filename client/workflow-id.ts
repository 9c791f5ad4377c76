import type { AccountId, GenerationId } from '../ledger/ids';

/** One generation, one workflow id: Temporal itself allows no second one at work. Ids hold no slash. */
export const workflowIdOf = (account: AccountId, generation: GenerationId) => `makegood/${account}/${generation}`;

/** The account and generation that a workflow id names; nothing for any other workflow. */
export function idsOf(workflowId: string): { account: string; generation: string } | undefined {
  const [prefix, account, generation, ...more] = workflowId.split('/');
  return prefix === 'makegood' && account && generation && more.length === 0 ? { account, generation } : undefined;
}

/** The sweep and the audit of a task queue. No slash after `makegood`: no account may have a generation of this id. */
export const reconcileIdOf = (taskQueue: string) => `makegood-reconcile/${taskQueue}`;
export const auditIdOf = (taskQueue: string) => `makegood-audit/${taskQueue}`;
