import type { Call } from './calls';
import type { Told } from './ledger';
import type { World } from './world';

/** One thing that may happen next. */
export interface Step {
  readonly name: string;
  /** What the ledger is asked. */
  readonly call?: Call;
  /** `told` is the ledger's answer to `call`. */
  readonly next: (told: Told) => World;
}
