import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { openMakegood } from '../client/makegood';
import { bareEnv, startStack } from '../dev/stack';
import { startTemporal } from '../dev/temporal';
import { temporalBinary } from '../dev/temporal-binary';
import { measureApi } from './api';
import { showDisk } from './disk';
import { type Bench, FORMS, type Form, openBench } from './forms';
import { measureLedger } from './ledger';
import { latency, line, ratio, together } from './measure';
import { cpuShares } from './processor';

// Makegood's workflow beside simpler ones, side by side in one run on one server. What counts are the ratios: the
// machine's noise falls on all of them alike.

/** Rounds in which every form has its turn, so that a slow moment of the machine does not fall on one of them. */
const ROUNDS = 4;
const AT_ONCE = { inFlight: 50, count: 200 };
const ONE_BY_ONE = { inFlight: 1, count: 25 };

interface Measured {
  perSecond: number;
  busy: number[];
  idle: number[];
}

/** `npm run bench -- --filled 1000000`: the ledger's figures also beside so many generations. */
const { values } = parseArgs({ options: { filled: { type: 'string', default: '0' } } });

async function main(): Promise<void> {
  const filled = Number(values.filled);
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const stack = await startStack({ env: bareEnv(process.env), report: () => {} });
  try {
    const account = await fund(stack.env);
    const bench = await openBench(stack.env, stack.env.TEMPORAL_ADDRESS as string);
    const measured = await measureForms(bench, account);
    const shares = await cpuShares(() => together(400, 50, () => bench.run('paidWork', account)));
    await bench.close();
    report(measured);
    console.log('\nWhose processor time a generation takes, 50 in flight');
    for (const { who, milliseconds, share } of shares) {
      line(who, `${(milliseconds / 400).toFixed(2)} ms  (${(share * 100).toFixed(0)} %)`);
    }

    const slow = await plainFormWithoutFlags(stack.env, account);
    const ours = latency(measured.paidWork.idle).p50;
    console.log('\nOn a dev server started without the flags, 1 in flight');
    line('plain form p50', `${slow.toFixed(1)} ms`);
    line('Makegood (with the flags) / plain form (without)', ratio(ours, slow, '<=', 0.2));

    await measureLedger(stack.env, filled);
    await showDisk(stack.env.MAKEGOOD_OWNER_DATABASE_URL as string);
    console.log('');
    await measureApi(stack.env, stack.serverEnv);
  } finally {
    await stack.stop();
  }
}

async function fund(env: Record<string, string>): Promise<string> {
  const makegood = openMakegood({ env });
  const account = `bench-${randomUUID()}`;
  await makegood.grant({ account, credits: 1_000_000 });
  await makegood.close();
  return account;
}

async function measureForms(bench: Bench, account: string): Promise<Record<Form, Measured>> {
  const measured = Object.fromEntries(
    FORMS.map((form) => [form, { perSecond: 0, busy: [], idle: [] }]),
  ) as unknown as Record<Form, Measured>;
  for (const form of FORMS) await together(50, 50, () => bench.run(form, account)); // Warm: code compiled, pools filled.
  for (let round = 0; round < ROUNDS; round++) {
    for (const form of FORMS) {
      const busy = await together(AT_ONCE.count, AT_ONCE.inFlight, () => bench.run(form, account));
      const idle = await together(ONE_BY_ONE.count, ONE_BY_ONE.inFlight, () => bench.run(form, account));
      measured[form].perSecond += AT_ONCE.count / (busy.elapsed / 1000) / ROUNDS;
      measured[form].busy.push(...busy.samples);
      measured[form].idle.push(...idle.samples);
    }
  }
  return measured;
}

async function plainFormWithoutFlags(env: Record<string, string>, account: string): Promise<number> {
  const temporal = await startTemporal({ binary: await temporalBinary(() => {}), flags: false });
  const bench = await openBench(env, temporal.address);
  await together(5, 1, () => bench.run('plainForm', account));
  const { samples } = await together(ONE_BY_ONE.count, 1, () => bench.run('plainForm', account));
  await bench.close();
  await temporal.stop();
  return latency(samples).p50;
}

function report(measured: Record<Form, Measured>): void {
  console.log('workflow        50 in flight: per second    p50 ms    p99 ms    1 in flight:    p50 ms    p99 ms');
  for (const form of FORMS) {
    const { perSecond, busy, idle } = measured[form];
    const cells = [latency(busy).p50, latency(busy).p99, latency(idle).p50, latency(idle).p99].map((ms) =>
      ms.toFixed(1),
    );
    console.log(
      `${form.padEnd(16)}${perSecond.toFixed(1).padStart(24)}${cells[0]?.padStart(10)}${cells[1]?.padStart(10)}` +
        `${' '.repeat(16)}${cells[2]?.padStart(10)}${cells[3]?.padStart(10)}`,
    );
  }
  const { paidWork: ours, plainForm, localForm, oneActivity } = measured;
  console.log('\nRatios (what is expected beside them)');
  line('throughput / plain form', ratio(ours.perSecond, plainForm.perSecond, '>=', 1.25));
  line('latency / plain form', ratio(latency(ours.idle).p50, latency(plainForm.idle).p50, '<=', 0.7));
  line('throughput / one activity', ratio(ours.perSecond, oneActivity.perSecond, '>=', 0.85));
  console.log('\nHow much of that no form with local activities can better here: the bare local form in our place');
  line('throughput / plain form', (localForm.perSecond / plainForm.perSecond).toFixed(2));
  line('latency / plain form', (latency(localForm.idle).p50 / latency(plainForm.idle).p50).toFixed(2));
  line('throughput / one activity', (localForm.perSecond / oneActivity.perSecond).toFixed(2));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
