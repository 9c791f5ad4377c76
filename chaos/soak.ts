import { setTimeout as sleep } from 'node:timers/promises';
import { type Environment, fund, type Queue, until } from './environment';
import { ledgerProblems } from './ledger-check';
import { SeededRandom } from './random';
import { act, type Customer } from './random-acts';
import type { WorkerProcess } from './worker-process';

/** Some accounts, so that generations meet on one; with few credits, so that some are turned away. */
const ACCOUNTS = 8;
const CREDITS = 60;
/** About as many acts a second as a small machine carries beside the outages. */
const PAUSE_MS = 100;
/** Every so often a worker is killed, and less often Postgres. */
const KILL_EVERY_MS = 7_000;
const CRASH_EVERY_MS = 25_000;
/** A provider that hangs is given up soon, or the end would have to be waited for. */
const TRIES = { attempts: 3, attemptTimeout: 3_000, maxRetryDelay: 2_000 };
/** Far beyond three attempts and a sweep. */
const END_TIMEOUT_MS = 120_000;

/** Breaks everything at random for that long; then waits until all has ended and checks the ledger. */
export async function soak(environment: Environment, durationMs: number, seed: number): Promise<boolean> {
  console.log(`seed ${seed}: repeat with npm run chaos -- --minutes ${durationMs / 60_000} --seed ${seed}`);
  const random = new SeededRandom(seed);
  const queue = environment.queue({ tries: TRIES });
  const customers: Customer[] = [];
  for (let i = 0; i < ACCOUNTS; i++) customers.push({ account: await fund(queue.makegood, CREDITS), ids: [] });
  const done: Record<string, number> = {};
  const count = (what: string) => {
    done[what] = (done[what] ?? 0) + 1;
  };

  const deadline = Date.now() + durationMs;
  await Promise.all([
    every(PAUSE_MS, deadline, random, async () => count(await act(queue.makegood, random, customers))),
    outages(environment, queue, deadline, random, count),
  ]);
  const worker = await queue.startWorker();
  await allEnded(queue, customers);
  const ends = await endsOf(queue, customers);
  const wrong = await ledgerProblems(environment.stack.env.MAKEGOOD_OWNER_DATABASE_URL as string, queue.makegood);
  if (ends[NO_END]) wrong.push(`${ends[NO_END]} generations have no end`);
  await worker.stop();

  console.log(`done: ${list(done)}`);
  console.log(`ended: ${list(ends)}`);
  console.log(wrong.length === 0 ? 'Every credit is accounted for, nothing is held.' : wrong.join('\n'));
  return wrong.length === 0;
}

/** Two workers, each killed now and then and started again; Postgres crashes, and recovers. */
async function outages(
  environment: Environment,
  queue: Queue,
  deadline: number,
  random: SeededRandom,
  count: (what: string) => void,
) {
  const workers: WorkerProcess[] = [await queue.startWorker(), await queue.startWorker()];
  await Promise.all([
    every(KILL_EVERY_MS, deadline, random, async () => {
      const how = random.pick(['kill', 'kill', 'stop'] as const);
      count(how === 'kill' ? 'worker killed' : 'worker stopped');
      const index = random.pick([0, 1]);
      await workers[index]?.[how]();
      workers[index] = await queue.startWorker();
    }),
    every(CRASH_EVERY_MS, deadline, random, async () => {
      count('Postgres crashed');
      await environment.stack.postgres?.stop('immediate');
      await sleep(random.next() * 3_000);
      await environment.stack.postgres?.start();
    }),
  ]);
  await Promise.all(workers.map((worker) => worker.kill()));
}

async function every(
  meanMs: number,
  deadline: number,
  random: SeededRandom,
  task: () => Promise<unknown>,
): Promise<void> {
  for (;;) {
    // Half to one and a half of the mean.
    await sleep(meanMs * (0.5 + random.next()));
    if (Date.now() > deadline) return;
    await task();
  }
}

async function allEnded({ makegood }: Queue, customers: readonly Customer[]): Promise<void> {
  const { temporal, taskQueue } = makegood.context;
  const running = `TaskQueue = "${taskQueue}" AND WorkflowType = "paidWork" AND ExecutionStatus = "Running"`;
  await until(
    'every generation to end, and every hold with it',
    async () => {
      const { count } = await temporal.workflow.count(running);
      const balances = await Promise.all(customers.map(({ account }) => makegood.balance(account)));
      return count === 0 && balances.every(({ held }) => held === 0);
    },
    END_TIMEOUT_MS,
  );
}

const NO_END = 'no end';

/** How the generations ended, as their customers see it. */
async function endsOf({ makegood }: Queue, customers: readonly Customer[]): Promise<Record<string, number>> {
  const ends: Record<string, number> = {};
  for (const { account, ids } of customers) {
    for (const id of ids) {
      const end = await makegood.result(account, id, 10_000);
      const status = end?.status ?? NO_END;
      ends[status] = (ends[status] ?? 0) + 1;
    }
  }
  return ends;
}

const list = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
