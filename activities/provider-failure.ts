import { ApplicationFailure } from '@temporalio/activity';
import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import type { ReasonCode } from '../ledger/reasons';
import { retryAfterMs } from './retry-after';

/** What a failed attempt was, and whether another may do better. */
export interface ProviderFailure {
  readonly code: ReasonCode;
  readonly retryable: boolean;
  readonly message: string;
  readonly status?: number;
  /** The provider's own word on when to come back, in milliseconds. */
  readonly retryAfterMs?: number;
}

/** The draft itself is no good. Another attempt may bring a better one, unless the provider declined. */
export class DraftFailure extends Error {
  constructor(
    readonly code: 'DRAFT_UNUSABLE' | 'PROVIDER_REFUSED',
    message: string,
  ) {
    super(message);
  }
}

/** Classes whatever a provider call threw. `status` is undefined for connection errors: they are no 4xx. */
export function classify(error: unknown): ProviderFailure {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof DraftFailure) {
    return { code: error.code, retryable: error.code === 'DRAFT_UNUSABLE', message };
  }
  if (error instanceof APIConnectionTimeoutError) return { code: 'PROVIDER_TIMEOUT', retryable: true, message };
  if (error instanceof APIConnectionError) return { code: 'PROVIDER_UNAVAILABLE', retryable: true, message };
  if (error instanceof APIError && error.status !== undefined) return classifyStatus(error, error.status);
  // An answer that is not the protocol's: half a body, another server's page.
  if (error instanceof SyntaxError || error instanceof APIError) {
    return { code: 'PROVIDER_UNAVAILABLE', retryable: true, message };
  }
  return { code: 'INTERNAL_ERROR', retryable: true, message };
}

function classifyStatus(error: APIError, status: number): ProviderFailure {
  const code = codeOf(error, status);
  const wait = retryAfterMs(error.headers, Date.now());
  const advice = error.headers?.get('x-should-retry');
  const retryable =
    advice === 'true' || advice === 'false'
      ? advice === 'true'
      : code === 'PROVIDER_UNAVAILABLE' || code === 'PROVIDER_RATE_LIMITED' || code === 'PROVIDER_TIMEOUT';
  return { code, retryable, message: error.message, status, ...(wait === undefined ? {} : { retryAfterMs: wait }) };
}

function codeOf(error: APIError, status: number): ReasonCode {
  if (status === 401 || status === 403 || error.code === 'insufficient_quota') return 'PROVIDER_ACCOUNT';
  if (status === 429) return 'PROVIDER_RATE_LIMITED';
  if (status === 408) return 'PROVIDER_TIMEOUT';
  if (status === 409 || status >= 500) return 'PROVIDER_UNAVAILABLE';
  if (error.code === 'content_filter' || error.code === 'content_policy_violation') return 'PROVIDER_REFUSED';
  return 'PROVIDER_REJECTED_REQUEST';
}

/** The failure as Temporal takes it: its type is the reason of a refund, should it be the last. */
export function asApplicationFailure(failure: ProviderFailure, attempt: number, cause: unknown): ApplicationFailure {
  return ApplicationFailure.create({
    type: failure.code,
    message: failure.message,
    nonRetryable: !failure.retryable,
    details: [{ attempt, ...(failure.status === undefined ? {} : { status: failure.status }) }],
    ...(failure.retryable && failure.retryAfterMs !== undefined ? { nextRetryDelay: failure.retryAfterMs } : {}),
    ...(cause instanceof Error ? { cause } : {}),
  });
}
