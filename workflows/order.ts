import type { Attribution } from '../ledger/attribution';
import type { AccountId, GenerationId } from '../ledger/ids';

/** What a generation's workflow is started with. The price is fixed here, once, by the server's catalogue. */
export interface Order<Input = unknown> extends Attribution {
  readonly account: AccountId;
  readonly generation: GenerationId;
  readonly kind: string;
  readonly label: string;
  /** Credits, a whole number from 0. */
  readonly price: number;
  readonly inputHash: string;
  readonly input: Input;
  readonly policy?: Partial<WorkPolicy>;
  /** Of a retry: the ordinal of the refund after which it pays again. */
  readonly after?: number;
  /** Of a retry that was asked for under an idempotency key. */
  readonly retryKey?: string;
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
  // A killed worker is noticed after this long. Three beats of a living one arrive meanwhile (worker/options.ts), so
  // that a busy one is not taken for dead: that would cost a provider call.
  heartbeatTimeout: 1_500,
  // Short, because a draft whose worker was killed waits for it too; it trebles each time, for the provider's sake.
  firstRetryDelay: 200,
  maxRetryDelay: 10_000,
};
