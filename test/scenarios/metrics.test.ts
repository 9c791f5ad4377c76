import { freePort } from '../../dev/ports';
import { newAccount, ownQueue, until } from '../harness';
import { metric, scrape } from '../harness/metrics';
import { start } from '../harness/operators';
import { NO_SWEEP, ownNamespace } from '../harness/own-namespace';

test('GIVEN METRICS_PORT THEN one port serves the metrics of the SDK and ours: refunds, delays, held credits, the sweep', async () => {
  const port = String(await freePort());
  const own = await ownNamespace({ ...NO_SWEEP, METRICS_PORT: port });
  const account = await newAccount();
  await own.startWorker();
  const held = await start(own.makegood, account, 'hang');
  const failed = await start(own.makegood, account, 'refused');
  await own.makegood.result(account, failed.id);

  expect(await metric(port, 'makegood_refunds_total', { reason: 'PROVIDER_REFUSED' })).toBe(1);
  expect(await metric(port, 'makegood_refunded_credits_total', { reason: 'PROVIDER_REFUSED' })).toBe(1);
  expect(await metric(port, 'makegood_refund_delay_seconds_count', { reason: 'PROVIDER_REFUSED' })).toBe(1);
  expect(await metric(port, 'makegood_refund_delay_seconds_bucket', { le: '10' })).toBe(1);
  expect(await metric(port, 'makegood_sweeps_total')).toBe(1);
  expect(await metric(port, 'makegood_sweep_timestamp_seconds')).toBeGreaterThan(1_700_000_000);
  expect(await metric(port, 'makegood_orphaned_credits')).toBeGreaterThanOrEqual(0);
  expect(await metric(port, 'makegood_overdue_reservations')).toBe(0);
  expect(await scrape(port)).toContain('temporal_request');
  await until('the gauge', async () => {
    const ages = ['under_10s', 'under_60s'].map((age) => metric(port, 'makegood_held_credits', { age }));
    return (await Promise.all(ages)).some((credits) => credits === 1);
  });
  await own.makegood.cancel(account, held.id);
});

test('GIVEN METRICS_PORT is taken THEN the worker says so and ends', async () => {
  const port = String(await freePort());
  const { startWorker } = ownQueue({ METRICS_PORT: port });
  await startWorker();

  await expect(startWorker()).rejects.toThrow(/METRICS_PORT/);
});
