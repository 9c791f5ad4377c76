import type { BuiltInReason } from '../ledger/reasons';
import { retryAfterMs } from './retry-after';
import { WorkFailure } from './work-failure';

// What a provider's client threw, by its shape: those of OpenAI and Anthropic are made alike, and no host needs either.

interface ProviderError extends Error {
  /** Missing where the connection failed: it is no 4xx. */
  readonly status?: number;
  readonly code?: unknown;
  readonly headers?: Headers;
}

/** Classes whatever a provider's client threw; nothing for an error that is none of theirs. */
export function providerFailure(error: unknown): WorkFailure | undefined {
  if (!(error instanceof Error)) return undefined;
  const { message } = error;
  if (is(error, 'APIConnectionTimeoutError')) return new WorkFailure('PROVIDER_TIMEOUT', message, { cause: error });
  if (is(error, 'APIConnectionError')) return new WorkFailure('PROVIDER_UNAVAILABLE', message, { cause: error });
  if (!is(error, 'APIError')) return undefined;
  const { status, headers, code } = error as ProviderError;
  // An answer that is not the protocol's: half a body, another server's page.
  if (status === undefined) return new WorkFailure('PROVIDER_UNAVAILABLE', message, { cause: error });
  const reason = reasonOf(status, code);
  const wait = headers && retryAfterMs(headers, Date.now());
  const advice = headers?.get('x-should-retry');
  const final = advice === 'true' || advice === 'false' ? advice === 'false' : !PASSING.has(reason);
  return new WorkFailure(reason, message, {
    status,
    final,
    cause: error,
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  });
}

/** Reasons that pass by themselves. */
const PASSING: ReadonlySet<BuiltInReason> = new Set<BuiltInReason>([
  'PROVIDER_UNAVAILABLE',
  'PROVIDER_RATE_LIMITED',
  'PROVIDER_TIMEOUT',
]);

function reasonOf(status: number, code: unknown): BuiltInReason {
  if (status === 401 || status === 403 || code === 'insufficient_quota') return 'PROVIDER_ACCOUNT';
  if (status === 429) return 'PROVIDER_RATE_LIMITED';
  if (status === 408) return 'PROVIDER_TIMEOUT';
  if (status === 409 || status >= 500) return 'PROVIDER_UNAVAILABLE';
  if (code === 'content_filter' || code === 'content_policy_violation') return 'PROVIDER_REFUSED';
  return 'PROVIDER_REJECTED_REQUEST';
}

/** Whether a class of this name is among its own: an `instanceof` that needs no import. */
function is(error: Error, name: string): boolean {
  for (let type = Object.getPrototypeOf(error); type; type = Object.getPrototypeOf(type)) {
    if (type.constructor?.name === name) return true;
  }
  return false;
}
