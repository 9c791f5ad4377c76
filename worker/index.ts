import { join } from 'node:path';
import { Client, type Connection, type DataConverter } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { activities } from '../activities';
import { connectProvider } from '../activities/provider';
import { asTemporalError, temporalConfig } from '../client/temporal';
import { openDatabase } from '../ledger/database';
import { PACKAGE_ROOT } from '../package-root';
import { readProviderSettings, readSettings } from '../settings';
import { workerOptions } from './options';
import { registerSearchAttributes } from './search-attributes';

export interface WorkerSetup {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The same that the clients use. */
  readonly dataConverter?: DataConverter;
  readonly warn?: (line: string) => void;
}

export interface RunningWorker {
  /** Settles when the worker has stopped; rejects when it could not go on. */
  readonly done: Promise<void>;
  /** Finishes or hands back what it holds. */
  stop(): Promise<void>;
}

/**
 * Connects, and works until told to stop. Throws INVALID_SETTING, TEMPORAL_UNREACHABLE.
 * Postgres may be away: the ledger's activities are tried until it is back.
 */
export async function startWorker({
  env = process.env,
  dataConverter,
  warn = console.warn,
}: WorkerSetup = {}): Promise<RunningWorker> {
  const settings = readSettings(env);
  const provider = connectProvider(readProviderSettings(env));
  const { connectionOptions, address, namespace } = temporalConfig(env);
  const options = workerOptions(env);
  try {
    const connection = await NativeConnection.connect(connectionOptions);
    const temporal = new Client({ connection: connection as unknown as Connection, namespace });
    await registerSearchAttributes(temporal, warn);
    const db = openDatabase(settings.databaseUrl, 20);
    const worker = await Worker.create({
      connection,
      namespace,
      taskQueue: settings.taskQueue,
      workflowBundle: { codePath: join(PACKAGE_ROOT, 'dist/workflow-bundle.js') },
      activities: activities({ db, provider, namespace: await namespaceId(temporal) }),
      ...(dataConverter ? { dataConverter } : {}),
      ...options,
    });
    const done = worker.run().finally(() => Promise.all([connection.close(), db.$disconnect()]));
    return {
      done,
      async stop() {
        if (worker.getState() === 'RUNNING') worker.shutdown();
        await done;
      },
    };
  } catch (error) {
    throw asTemporalError(error, address);
  }
}

/** The namespace's UUID: names repeat from server to server. */
async function namespaceId(temporal: Client): Promise<string> {
  const { namespaceInfo } = await temporal.workflowService.describeNamespace({ namespace: temporal.options.namespace });
  if (!namespaceInfo?.id) throw new Error('Temporal has not told the id of its namespace');
  return namespaceInfo.id;
}
