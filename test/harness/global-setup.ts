import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bareEnv, startStack } from '../../dev/stack';
import { refuseStaleBuild } from './fresh-build';
import { PACKAGES_VARIABLE } from './installed-package';
import { type ChildWorker, spawnWorker } from './worker-process';

// One Postgres, one Temporal, one sandbox provider and one worker for the whole run. Tests keep apart by account, and
// by task queue where they need a worker of their own.

export interface TestStack {
  readonly stop: () => Promise<void>;
}

declare global {
  var makegoodTestStack: TestStack | undefined;
}

/** What the tests' processes read: `stackEnv()` and `serverEnv()` in the harness. */
export const STACK_VARIABLE = 'MAKEGOOD_TEST_STACK';
export const SERVER_VARIABLE = 'MAKEGOOD_TEST_SERVER_STACK';

export default async function globalSetup(): Promise<void> {
  refuseStaleBuild();
  const env = bareEnv(process.env);
  const stack = await startStack({ env, report: () => {} });
  process.env[STACK_VARIABLE] = JSON.stringify({ ...env, ...stack.env });
  process.env[SERVER_VARIABLE] = JSON.stringify({ ...env, ...stack.serverEnv });
  const packages = mkdtempSync(join(tmpdir(), 'makegood-packages-'));
  process.env[PACKAGES_VARIABLE] = packages;
  let worker: ChildWorker | undefined;
  globalThis.makegoodTestStack = {
    async stop() {
      rmSync(packages, { recursive: true, force: true });
      await worker?.stop();
      await stack.stop();
    },
  };
  try {
    worker = await spawnWorker({ ...env, ...stack.env });
  } catch (error) {
    await globalThis.makegoodTestStack.stop();
    throw error;
  }
}
