import type { AccountId, GenerationId } from '../ledger/ids';

/** One generation, one workflow id: Temporal itself allows no second one at work. Ids hold no slash. */
export const workflowIdOf = (account: AccountId, generation: GenerationId) => `makegood/${account}/${generation}`;
