import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Makegood, openMakegood } from '../client/makegood';
import { bareEnv, startStack } from '../dev/stack';
import { registerNamespace, reserve } from '../ledger/credits';
import { AccountId, type ExecutionId, GenerationId, type RunId } from '../ledger/ids';
import { namespaceId } from '../temporal/namespace';
import { workflowIdOf } from '../temporal/workflow-id';
import { latency, line, together } from './measure';

// The sweep beside many generations at work: what it costs, and how soon it finds the one that was terminated. Each is
// a real workflow that waits and holds a credit. `npm run bench:sweep -- 10000`

const AT_WORK = Number(process.argv[2] ?? 10_000);
const ACCOUNTS = 100;
/** Long enough for some twenty sweeps. */
const WATCHED_MS = 60_000;
const TERMINATED = 20;
const AT_ONCE = 1_000;
/** What is expected. */
const CPU_SHARE = 0.2;
const REFUNDED_MS = 10_000;

interface Generation {
  readonly account: AccountId;
  readonly generation: GenerationId;
  readonly workflowId: string;
}

async function main(): Promise<void> {
  const stack = await startStack({ env: bareEnv(process.env), report: () => {} });
  const env = { ...stack.env, MAKEGOOD_LOG: 'silent' };
  const makegood = openMakegood({ env });
  let worker: ChildProcess | undefined;
  try {
    worker = fork(join(__dirname, 'worker-process.js'), { env: { ...process.env, ...env } });
    await once(worker, 'message');
    await sleep(WATCHED_MS / 4); // Its own start is no part of the sweep.
    const idle = await cpuShare(worker, WATCHED_MS / 2);
    const generations = await putToWork(makegood);
    console.log(`The sweep beside ${generations.length} generations at work`);
    const busy = await cpuShare(worker, WATCHED_MS);
    line('CPU of the worker without them, of a core', percent(idle));
    line('CPU of the worker that sweeps', `${percent(busy)}  (<= ${percent(CPU_SHARE)}: ${yes(busy <= CPU_SHARE)})`);

    const delays: number[] = [];
    const chosen = shuffled(generations);
    for (const one of chosen.splice(0, TERMINATED)) delays.push(await untilRefunded(makegood, [one]));
    const { p50 } = latency(delays);
    const most = Math.max(...delays);
    line('terminated → refunded, p50', seconds(p50));
    line(
      `the slowest of ${delays.length}`,
      `${seconds(most)}  (<= ${seconds(REFUNDED_MS)}: ${yes(most <= REFUNDED_MS)})`,
    );
    const many = chosen.splice(0, AT_ONCE);
    line(`${many.length} terminated together → all refunded`, seconds(await untilRefunded(makegood, many)));
  } finally {
    if (worker?.connected) {
      worker.disconnect();
      await once(worker, 'exit');
    }
    await makegood.close();
    await stack.stop();
  }
}

/** Each on a queue where nobody works, with a hold of its own. */
async function putToWork({ context, grant }: Makegood): Promise<Generation[]> {
  const { db, temporal } = context;
  const namespace = await namespaceId(temporal);
  await registerNamespace(db, namespace);
  const accounts = Array.from({ length: ACCOUNTS }, (_, n) => AccountId.parse(`bench-${String(n).padStart(3, '0')}`));
  for (const account of accounts) await grant({ account, credits: AT_WORK });
  const generations = Array.from({ length: AT_WORK }, (_, n): Generation => {
    const account = accounts[n % ACCOUNTS] as AccountId;
    const generation = GenerationId.parse(randomUUID());
    return { account, generation, workflowId: workflowIdOf(account, generation) };
  });
  await together(AT_WORK, 50, async (index) => {
    const { account, generation, workflowId } = generations[index] as Generation;
    const { firstExecutionRunId: run } = await temporal.workflow.start('waits', {
      workflowId,
      taskQueue: 'nobody',
      args: [],
    });
    const who = { account, generation, execution: run as ExecutionId, run: run as RunId };
    await reserve(db, who, { price: 1, kind: 'bench', label: 'Waits', inputHash: 'none', workflowId, namespace });
  });
  return generations;
}

/** Milliseconds from the last termination until none of them holds anything. */
async function untilRefunded({ context: { db, temporal } }: Makegood, ended: readonly Generation[]): Promise<number> {
  await together(ended.length, 50, async (index) => {
    await temporal.workflow.getHandle(ended[index]?.workflowId as string).terminate();
  });
  const began = performance.now();
  const where = { generationId: { in: ended.map(({ generation }) => generation) } };
  while ((await db.hold.count({ where })) > 0) await sleep(50);
  return performance.now() - began;
}

async function cpuShare(worker: ChildProcess, ms: number): Promise<number> {
  const used = async () => {
    worker.send('used');
    return (await once(worker, 'message'))[0] as number;
  };
  const before = await used();
  const began = performance.now();
  await sleep(ms);
  return ((await used()) - before) / (performance.now() - began);
}

const shuffled = <T>(items: readonly T[]): T[] =>
  items
    .map((item) => ({ item, by: Math.random() }))
    .sort((a, b) => a.by - b.by)
    .map(({ item }) => item);
const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
const yes = (held: boolean) => (held ? 'yes' : 'no');

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
