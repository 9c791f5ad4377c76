import { randomUUID } from 'node:crypto';
import { type Environment, email, fund, type QueueOptions } from './environment';

export interface Workload {
  readonly count: number;
  readonly inFlight: number;
  readonly behaviour: string;
  /** The worker is killed when so many have been started, and a new one started at once. */
  readonly killAt?: number;
}

export interface WorkloadResult {
  readonly ms: number;
  /** How long the slowest of them took from its start to its end. */
  readonly slowestMs: number;
  /** Generations that did not end with a draft. */
  readonly lost: number;
}

/** Runs many generations at a time, on a worker of their own, and waits until all have ended. */
export async function runWorkload(
  environment: Environment,
  workload: Workload,
  options?: QueueOptions,
): Promise<WorkloadResult> {
  const { makegood, startWorker } = environment.queue(options);
  const account = await fund(makegood);
  let worker = await startWorker();
  await makegood.start({ account, ...email('ok') }); // Connections and caches are warm before the clock runs.

  const started = performance.now();
  let next = 0;
  let lost = 0;
  let slowestMs = 0;
  const walk = async () => {
    while (next < workload.count) {
      const index = next++;
      if (index === workload.killAt) {
        await worker.kill();
        worker = await startWorker();
      }
      const id = randomUUID();
      const begun = performance.now();
      await makegood.submit({ account, id, ...email(workload.behaviour) });
      const end = await makegood.result(account, id);
      if (end?.status !== 'succeeded') lost++;
      slowestMs = Math.max(slowestMs, performance.now() - begun);
    }
  };
  await Promise.all(Array.from({ length: workload.inFlight }, walk));
  const ms = performance.now() - started;
  await worker.stop();
  return { ms, slowestMs, lost };
}
