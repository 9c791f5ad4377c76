import type { GenerationRun } from '../ledger/outcomes';

/** For which generation, asked by which run, a step works: what its activity is told beside its argument. */
export interface StepCall {
  readonly generationRun: GenerationRun;
  readonly label: string;
}

/** The name of a step's activity, in the worker and in Temporal's Web UI; of a kind of one step its own name. */
export const activityOf = (kind: string, step?: string) => (step === undefined ? kind : `${kind}.${step}`);
