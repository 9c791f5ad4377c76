import type { MakegoodConfig } from '../config';
import { type Stack, type StackOptions, startStack } from '../dev/stack';
import { clearState, writeState } from '../dev/state';
import type { RunningWorker } from '../worker';
import { startWorker } from './start-worker';

/** Servers and a worker of this process's own, as other commands of the same folder find them. */
export interface LocalStack {
  readonly stack: Stack;
  /** Every variable that points at it, with those of the process itself. */
  readonly env: NodeJS.ProcessEnv;
  /** The same for the HTTP API, whose login may do less with the ledger. */
  readonly serverEnv: NodeJS.ProcessEnv;
  startWorker(): Promise<RunningWorker>;
}

/**
 * Of a worker beside somebody who waits for Ctrl-C to be over. What takes longer is handed back, and goes on when
 * `dev` is started again with the same --data.
 */
const SHUTDOWN_GRACE_MS = '1000';

/** Starts the servers, does `work`, and ends everything in order, whatever happens. */
export async function withLocalStack(
  { config, ...options }: StackOptions & { readonly config: MakegoodConfig },
  work: (local: LocalStack) => Promise<void>,
): Promise<void> {
  const stack = await startStack(options);
  let worker: RunningWorker | undefined;
  try {
    const queue = options.env.MAKEGOOD_TASK_QUEUE;
    writeState({ ...stack.env, ...(queue ? { MAKEGOOD_TASK_QUEUE: queue } : {}) });
    const env = { MAKEGOOD_SHUTDOWN_GRACE_MS: SHUTDOWN_GRACE_MS, MAKEGOOD_LOG: 'pretty', ...options.env, ...stack.env };
    await work({
      stack,
      env,
      serverEnv: { ...env, ...stack.serverEnv },
      async startWorker() {
        worker = await startWorker(env, config);
        return worker;
      },
    });
  } finally {
    clearState();
    await worker?.stop().finally(() => stack.stop());
    await stack.stop();
  }
}
