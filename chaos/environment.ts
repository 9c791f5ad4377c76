import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type Makegood, openMakegood } from '../client/makegood';
import { bareEnv, type Stack, startStack } from '../dev/stack';
import type { TriesOptions } from '../kinds/tries';
import { PACKAGE_ROOT } from '../package-root';
import { startWorkerProcess, type WorkerProcess } from './worker-process';

/** A stack of our own: what is done to it here must never be done to a real one. */
export interface Environment {
  readonly stack: Stack;
  /** A task queue of its own, with a client and as many workers as are started. */
  queue(options?: QueueOptions): Queue;
  close(): Promise<void>;
}

export interface QueueOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly tries?: TriesOptions;
}

export interface Queue {
  readonly makegood: Makegood;
  startWorker(): Promise<WorkerProcess>;
}

const MAIN = join(PACKAGE_ROOT, 'dist/cli/main.js');

export async function openEnvironment(): Promise<Environment> {
  const bare = bareEnv(process.env);
  const stack = await startStack({ env: bare, report: (line) => console.log(line) });
  const closers: (() => Promise<void>)[] = [];
  return {
    stack,
    queue({ env: extra = {}, tries } = {}) {
      const env = {
        ...bare,
        ...stack.env,
        MAKEGOOD_TASK_QUEUE: `chaos-${randomUUID()}`,
        MAKEGOOD_LOG: 'silent',
        ...extra,
      };
      const makegood = openMakegood({ env, ...(tries ? { tries } : {}) });
      closers.push(() => makegood.close());
      return {
        makegood,
        async startWorker() {
          const worker = await startWorkerProcess([MAIN, 'worker'], env);
          closers.push(() => worker.kill());
          return worker;
        },
      };
    },
    async close() {
      await Promise.all(closers.map((close) => close()));
      await stack.stop();
    },
  };
}

/** An account of its own, with credits enough. */
export async function fund(makegood: Makegood, credits = 100_000): Promise<string> {
  const account = `chaos-${randomUUID()}`;
  await makegood.grant({ account, credits });
  return account;
}

export const email = (behaviour: string) => ({
  kind: 'email-draft' as const,
  input: { to: `${behaviour}@sandbox.test`, goal: 'Thank them for their order' },
});

/** Looks until it finds something; throws after `timeoutMs`, naming what is missing. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  timeoutMs = 60_000,
): Promise<T> {
  for (const deadline = Date.now() + timeoutMs; ; ) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs / 1000} s in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
