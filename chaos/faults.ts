import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkerProcess } from './worker-process';

/** One generation under way in one of the two systems, and what an operator or an accident may do to it. */
export interface SystemUnderTest {
  startWorker(): Promise<WorkerProcess>;
  /** Starts a draft of `draftMs`; with a limit, Temporal itself ends the workflow after so many milliseconds. */
  start(draftMs: number, limitMs?: number): Promise<void>;
  /** How often the provider has been asked. */
  asked(): number;
  cancel(): Promise<void>;
  terminate(): Promise<void>;
  /** `held` as long as the customer's credits are neither charged for a draft nor given back. */
  money(): Promise<'held' | 'charged' | 'given back'>;
}

export const FAULTS = [
  'worker killed in mid-draft',
  'worker killed twice in mid-draft',
  'cancelled in mid-draft',
  'terminated in mid-draft',
  'execution time-out in mid-draft',
] as const;
export type Fault = (typeof FAULTS)[number];

/** Milliseconds from the (last) fault until nothing was held; nothing where it was still held at the end. */
export interface Recovery {
  readonly money: 'held' | 'charged' | 'given back';
  readonly ms?: number;
}

/** How long a draft takes, and how far into it the fault strikes. */
const DRAFT_MS = 6_000;
const STRIKE_MS = 2_000;
/** Longer than two of the plain saga's attempts may take: what is held then is held for good. */
const PATIENCE_MS = 150_000;

/** Makes the fault happen to a draft on its own worker, and watches the money. */
export async function strike(fault: Fault, system: SystemUnderTest): Promise<Recovery> {
  const limit = fault.startsWith('execution time-out') ? STRIKE_MS : undefined;
  let worker = await system.startWorker();
  try {
    await system.start(DRAFT_MS, limit);
    await underWay(system, 1);
    await sleep(limit === undefined ? STRIKE_MS : 0);
    let struck = performance.now();
    if (fault.startsWith('worker killed')) {
      await worker.kill();
      worker = await system.startWorker();
      if (fault.includes('twice')) {
        await underWay(system, 2);
        await sleep(STRIKE_MS);
        struck = performance.now();
        await worker.kill();
        worker = await system.startWorker();
      }
    } else if (fault.startsWith('cancelled')) await system.cancel();
    else if (fault.startsWith('terminated')) await system.terminate();
    else struck += limit ?? 0;
    return await watch(system, struck);
  } finally {
    await worker.kill();
  }
}

async function underWay(system: SystemUnderTest, times: number): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (system.asked() < times && performance.now() < deadline) await sleep(50);
}

async function watch(system: SystemUnderTest, struck: number): Promise<Recovery> {
  for (;;) {
    const money = await system.money();
    const ms = performance.now() - struck;
    if (money !== 'held') return { money, ms: Math.max(0, ms) };
    if (ms > PATIENCE_MS) return { money };
    await sleep(50);
  }
}
