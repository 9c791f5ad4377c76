import type { DataConverter } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { Step } from '../activities/perform';
import { connectProvider } from '../kinds/email-draft/provider';
import { emailDraftWork } from '../kinds/email-draft/work';
import type { PaidWork } from '../kinds/paid-work';
import { readProviderSettings, readSettings } from '../settings';
import { temporalConfig } from '../temporal/connection';
import { asTemporalError } from '../temporal/reachable';
import { workerOptions } from './options';
import { MakegoodPlugin } from './plugin';
import { installRuntime } from './runtime';

/** For a worker of one's own: its `dataConverter`, as the one here has it. */
export { encryptionCodec, withEncryption } from '../temporal/encryption';
export { type MakegoodPlugin, type MakegoodPluginOptions, makegoodPlugin } from './plugin';
export { emailDraftWork };

export interface WorkerSetup {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The same that the clients use. Combines with MAKEGOOD_ENCRYPTION_KEYS (temporal/encryption.ts). */
  readonly dataConverter?: DataConverter;
  readonly warn?: (line: string) => void;
  /** The paid work that it does; the email draft, by the provider that the environment names, unless given. */
  readonly work?: readonly Step[];
  readonly kinds?: readonly PaidWork[];
  /** Workflows of your own, bundled together with ours. */
  readonly workflowsPath?: string;
  /** Or the path of a bundle that was made ahead, with the plugin. */
  readonly workflowBundle?: string;
}

export interface RunningWorker {
  /** Settles when the worker has stopped; rejects when it could not go on. */
  readonly done: Promise<void>;
  /** Finishes or hands back what it holds. */
  stop(): Promise<void>;
}

/**
 * Connects, and works until told to stop; keeps the sweep alive. Throws INVALID_SETTING, TEMPORAL_UNREACHABLE,
 * PORT_TAKEN. Postgres may be away: the ledger's activities are tried until it is back.
 */
export async function startWorker(setup: WorkerSetup = {}): Promise<RunningWorker> {
  const { env = process.env, dataConverter, warn, kinds, workflowsPath, workflowBundle } = setup;
  const { taskQueue } = readSettings(env);
  const work = setup.work ?? [emailDraftWork(await connectProvider(readProviderSettings(env)))];
  const { connectionOptions, address, namespace } = temporalConfig(env);
  const options = workerOptions(env);
  const plugin = new MakegoodPlugin({ work, env, ...(kinds && { kinds }), ...(warn && { warn }) });
  installRuntime(env);
  let connection: NativeConnection | undefined;
  try {
    connection = await NativeConnection.connect(connectionOptions);
    const worker = await Worker.create({
      ...{ connection, namespace, taskQueue, plugins: [plugin] },
      ...(workflowsPath ? { workflowsPath } : {}),
      ...(workflowBundle ? { workflowBundle: { codePath: workflowBundle } } : {}),
      ...(dataConverter ? { dataConverter } : {}),
      ...options,
    });
    await plugin.prepare();
    const done = worker.run().finally(() => connection?.close());
    return {
      done,
      async stop() {
        if (worker.getState() === 'RUNNING') worker.shutdown();
        await done;
      },
    };
  } catch (error) {
    await connection?.close().catch(() => {});
    throw asTemporalError(error, address);
  }
}
