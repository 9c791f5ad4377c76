import { readProviderSettings, readSettings } from '../settings';
import { openTemporal, temporalConfig } from '../temporal/connection';
import type { RunningWorker } from '../worker';
import { reachTemporal } from './preflight';

/** Starts a worker in this process. Whatever is missing is one clear line: throws INVALID_SETTING, TEMPORAL_UNREACHABLE. */
export async function startWorker(env: NodeJS.ProcessEnv): Promise<RunningWorker> {
  readSettings(env); // What is missing shows before anything is connected.
  readProviderSettings(env);
  await temporalAnswers(env);
  // Loaded when it is needed: half a second that every other command would wait for.
  const worker = await import('../worker/index.js');
  return worker.startWorker({ env });
}

/** The worker's own connection fails without naming the setting. */
async function temporalAnswers(env: NodeJS.ProcessEnv): Promise<void> {
  const temporal = openTemporal(env);
  try {
    await reachTemporal({ temporal, temporalAddress: temporalConfig(env).address });
  } finally {
    await temporal.connection.close();
  }
}
