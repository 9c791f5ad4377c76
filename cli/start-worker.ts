import type { MakegoodConfig } from '../config';
import { emailDraft } from '../kinds/email-draft';
import { connectProvider } from '../kinds/email-draft/provider';
import { needPeers, type Part } from '../peers';
import { readProviderSettings, readSettings } from '../settings';
import { openTemporal, temporalConfig } from '../temporal/connection';
import type { RunningWorker } from '../worker';
import { stepsOf } from './config/parse';
import { reachTemporal } from './preflight';

const sellsDrafts = ({ kinds = [emailDraft] }: MakegoodConfig) => kinds.some(({ kind }) => kind === emailDraft.kind);

/** Throws PACKAGE_MISSING where a worker of this configuration, and what else `who` runs, can't be. */
export const needWorkerPeers = (who: string, config: MakegoodConfig, ...more: readonly Part[]): void =>
  needPeers(who, 'worker', ...(sellsDrafts(config) ? (['provider'] as const) : []), ...more);

/**
 * Starts a worker in this process. Whatever is missing is one clear line: throws INVALID_SETTING, PACKAGE_MISSING,
 * TEMPORAL_UNREACHABLE.
 */
export async function startWorker(env: NodeJS.ProcessEnv, config: MakegoodConfig = {}): Promise<RunningWorker> {
  const { kinds, workflows, dataConverter } = config;
  readSettings(env); // What is missing shows before anything is connected.
  const work = await stepsOf(config);
  const draftsEmails = sellsDrafts(config) && !work.some(({ of }) => of.kind === emailDraft.kind);
  const provider = draftsEmails ? readProviderSettings(env) : undefined;
  await temporalAnswers(env);
  // Loaded when it is needed: half a second that every other command would wait for.
  const worker = await import('../worker/index.js');
  return worker.startWorker({
    env,
    work: provider ? [...work, worker.emailDraftWork(await connectProvider(provider))] : work,
    ...(kinds === undefined ? {} : { kinds }),
    ...(workflows === undefined ? {} : { workflowsPath: workflows }),
    ...(dataConverter === undefined ? {} : { dataConverter }),
  });
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
