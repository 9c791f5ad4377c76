import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import { asApplicationFailure, failureOf } from '../../activities/attempt';
import { retryAfterMs } from '../../activities/retry-after';
import { WorkFailure } from '../../activities/work-failure';

// The provider's error taxonomy: what may be tried again, and what is told of it.

const status = (code: number, body: object = {}, headers: Record<string, string> = {}) =>
  APIError.generate(code, { error: { message: 'x', ...body } }, undefined, new Headers(headers));

test.each<[string, unknown, string, boolean]>([
  ['no connection', new APIConnectionError({ message: 'refused' }), 'PROVIDER_UNAVAILABLE', true],
  ['no answer in time', new APIConnectionTimeoutError(), 'PROVIDER_TIMEOUT', true],
  ['408', status(408), 'PROVIDER_TIMEOUT', true],
  ['409', status(409), 'PROVIDER_UNAVAILABLE', true],
  ['429', status(429), 'PROVIDER_RATE_LIMITED', true],
  ['500', status(500), 'PROVIDER_UNAVAILABLE', true],
  ['503', status(503), 'PROVIDER_UNAVAILABLE', true],
  ['529, as some providers say overloaded', status(529), 'PROVIDER_UNAVAILABLE', true],
  ['400', status(400), 'PROVIDER_REJECTED_REQUEST', false],
  ['400 of a content filter', status(400, { code: 'content_filter' }), 'PROVIDER_REFUSED', false],
  ['401', status(401), 'PROVIDER_ACCOUNT', false],
  ['403', status(403), 'PROVIDER_ACCOUNT', false],
  ['404', status(404), 'PROVIDER_REJECTED_REQUEST', false],
  ['422', status(422), 'PROVIDER_REJECTED_REQUEST', false],
  ['429 for an empty purse', status(429, { code: 'insufficient_quota' }), 'PROVIDER_ACCOUNT', false],
  [
    '503 that asks not to be tried again',
    status(503, {}, { 'x-should-retry': 'false' }),
    'PROVIDER_UNAVAILABLE',
    false,
  ],
  ['400 that asks to be tried again', status(400, {}, { 'x-should-retry': 'true' }), 'PROVIDER_REJECTED_REQUEST', true],
  ['an unusable draft', new WorkFailure('OUTPUT_UNUSABLE', 'x'), 'OUTPUT_UNUSABLE', true],
  ['a refusal', new WorkFailure('PROVIDER_REFUSED', 'x'), 'PROVIDER_REFUSED', false],
  ['a reason that the kind does not know', new WorkFailure('PAGE_GONE', 'x'), 'INTERNAL_ERROR', true],
  ['a fault of our own', new TypeError('x is undefined'), 'INTERNAL_ERROR', true],
])('GIVEN %s THEN it is classed, and tried again only where that may help', (_, error, code, retryable) => {
  const failure = failureOf(error, {});
  expect(failure.code).toBe(code);
  expect(failure.options.final ?? false).toBe(!retryable);
});

test('GIVEN a wait that the provider asks for THEN Temporal is told, in milliseconds', () => {
  const failure = failureOf(status(429, {}, { 'retry-after': '3' }), {});
  expect(asApplicationFailure(failure, {}, 2)).toMatchObject({
    type: 'PROVIDER_RATE_LIMITED',
    nonRetryable: false,
    nextRetryDelay: 3_000,
    details: [{ attempt: 2, status: 429 }],
  });
});

const NOW = Date.parse('2026-01-01T00:00:00Z');
test.each<[Record<string, string>, number | undefined]>([
  [{}, undefined],
  [{ 'retry-after-ms': '250' }, 250],
  [{ 'retry-after-ms': '250', 'retry-after': '9' }, 250],
  [{ 'retry-after': '2' }, 2_000],
  [{ 'retry-after': '1.5' }, 1_500],
  [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:05 GMT' }, 5_000],
  [{ 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' }, 100],
  [{ 'retry-after': '0' }, 100],
  [{ 'retry-after': '86400' }, 60_000],
  [{ 'retry-after': '-5' }, undefined],
  [{ 'retry-after': 'soon' }, undefined],
])('GIVEN the headers %j THEN we wait %s ms', (headers, wait) => {
  expect(retryAfterMs(new Headers(headers), NOW)).toBe(wait);
});
