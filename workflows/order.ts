import type { AccountId, GenerationId } from '../ledger/ids';

/** What a generation's workflow is started with. The price is fixed here, once, by the server's catalogue. */
export interface Order<Input = unknown> {
  readonly account: AccountId;
  readonly generation: GenerationId;
  readonly kind: string;
  readonly label: string;
  /** Credits, a whole number from 0. */
  readonly price: number;
  readonly inputHash: string;
  readonly input: Input;
  readonly policy?: Partial<WorkPolicy>;
  /**
   * Whether the Makegood search attributes are registered: a server refuses a workflow task that names an unknown one.
   * Not so unless the client has seen it.
   */
  readonly indexed?: boolean;
}

/** How hard the work is tried, in milliseconds. */
export interface WorkPolicy {
  readonly attempts: number;
  readonly attemptTimeout: number;
  readonly totalTimeout: number;
  readonly heartbeatTimeout: number;
  readonly firstRetryDelay: number;
  readonly maxRetryDelay: number;
}

export const WORK_POLICY: WorkPolicy = {
  // With the delays below a provider may be away for about 8 seconds before the customer gets the credits back.
  attempts: 5,
  // A long draft takes a slow model tens of seconds; the activity gives its provider call up a little earlier.
  attemptTimeout: 60_000,
  // Nobody waits longer for a draft. Bounds a provider that asks for long waits by Retry-After, too.
  totalTimeout: 300_000,
  // A killed worker is noticed after this long. The activity beats four times as often, so that a busy worker
  // is not taken for a dead one.
  heartbeatTimeout: 2_000,
  firstRetryDelay: 500,
  maxRetryDelay: 10_000,
};
