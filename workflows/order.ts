import type { Tries } from '../kinds/tries';
import type { AccountId, GenerationId } from '../ledger/ids';

/** What a generation's workflow is started with. The price is fixed here, once, by its kind. */
export interface Order<Input = unknown> {
  readonly account: AccountId;
  readonly generation: GenerationId;
  readonly kind: string;
  readonly label: string;
  /** Credits, a whole number from 0: the most that it can cost. */
  readonly price: number;
  readonly inputHash: string;
  readonly input: Input;
  readonly tries: Tries;
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
