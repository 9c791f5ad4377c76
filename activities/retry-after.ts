/**
 * A provider may ask for a longer wait than a customer would bear: it is cut to a minute. Shorter than 100 ms would be
 * a busy loop.
 */
const MIN_WAIT_MS = 100;
const MAX_WAIT_MS = 60_000;

/**
 * How long a provider asks us to wait, in milliseconds: `retry-after-ms`, else `retry-after` in seconds or as a date
 * (RFC 9110, 10.2.3). Nothing where it asks for nothing, or for what can't be read.
 */
export function retryAfterMs(headers: Headers | undefined, now: number): number | undefined {
  const wait = milliseconds(headers?.get('retry-after-ms')) ?? retryAfter(headers?.get('retry-after'), now);
  return wait === undefined ? undefined : Math.min(Math.max(wait, MIN_WAIT_MS), MAX_WAIT_MS);
}

function retryAfter(value: string | null | undefined, now: number): number | undefined {
  const seconds = milliseconds(value);
  if (seconds !== undefined) return seconds * 1000;
  // A date names its month; the parser would take a bare "-5" for a year.
  const date = value && /[a-z]/i.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : date - now;
}

function milliseconds(value: string | null | undefined): number | undefined {
  return value && /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : undefined;
}
