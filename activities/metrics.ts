import { metricMeter } from '@temporalio/activity';
import type { ReasonCode } from '../ledger/reasons';

// What the activities count, beside the SDK's own metrics and on the same port. docs/operations.md says which to
// alert on.

export const REFUND_DELAY = 'makegood_refund_delay_seconds';

/** A refund: why, how much, and how long (in ms) after the failure that it makes good. */
export function countRefund(reason: ReasonCode, credits: number, delayMs?: number): void {
  const tags = { reason };
  metricMeter.createCounter('makegood_refunds_total', undefined, 'Refunds').add(1, tags);
  metricMeter.createCounter('makegood_refunded_credits_total', undefined, 'Credits given back').add(credits, tags);
  if (delayMs === undefined) return;
  // Clocks differ between machines: a refund never comes before its failure.
  const seconds = Math.max(0, delayMs) / 1000;
  metricMeter.createHistogram(REFUND_DELAY, 'float', undefined, 'From failure to refund').record(seconds, tags);
}

/** A sweep is through, with so many reservations left to the next one by an error. */
export function countSweep(failed: number): void {
  metricMeter
    .createGauge('makegood_sweep_timestamp_seconds', 'int', undefined, 'When the latest sweep was through')
    .set(Math.floor(Date.now() / 1000));
  metricMeter.createCounter('makegood_sweeps_total', undefined, 'Sweeps').add(1);
  metricMeter.createCounter('makegood_sweep_failures_total', undefined, 'Left to the next sweep').add(failed);
}
