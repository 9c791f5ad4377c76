import { randomUUID } from 'node:crypto';
import { type Arena, email, fund, type LaneOptions } from './arena';

export interface Crowd {
  readonly count: number;
  readonly inFlight: number;
  readonly behaviour: string;
  /** The worker is killed when so many have been started, and a new one started at once. */
  readonly killAt?: number;
}

export interface CrowdResult {
  readonly ms: number;
  /** How long the slowest of them took from its start to its end. */
  readonly slowestMs: number;
  /** Generations that did not end with a draft. */
  readonly lost: number;
}

/** Runs many generations at a time, on a worker of their own, and waits until all have ended. */
export async function runCrowd(arena: Arena, crowd: Crowd, options?: LaneOptions): Promise<CrowdResult> {
  const { makegood, startWorker } = arena.lane(options);
  const account = await fund(makegood);
  let worker = await startWorker();
  await makegood.start({ account, ...email('ok') }); // Connections and caches are warm before the clock runs.

  const started = performance.now();
  let next = 0;
  let lost = 0;
  let slowestMs = 0;
  const walk = async () => {
    while (next < crowd.count) {
      const index = next++;
      if (index === crowd.killAt) {
        await worker.kill();
        worker = await startWorker();
      }
      const id = randomUUID();
      const begun = performance.now();
      await makegood.submit({ account, id, ...email(crowd.behaviour) });
      const end = await makegood.result(account, id);
      if (end?.status !== 'succeeded') lost++;
      slowestMs = Math.max(slowestMs, performance.now() - begun);
    }
  };
  await Promise.all(Array.from({ length: crowd.inFlight }, walk));
  const ms = performance.now() - started;
  await worker.stop();
  return { ms, slowestMs, lost };
}
