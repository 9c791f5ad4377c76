import { join } from 'node:path';
import { Client, type Connection, type DataConverter } from '@temporalio/client';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { activities, upkeepActivities } from '../activities';
import { connectProvider } from '../activities/provider';
import { openDatabase } from '../ledger/database';
import { ledgerEncryption } from '../ledger/encryption';
import { PACKAGE_ROOT } from '../package-root';
import { readProviderSettings, readSettings } from '../settings';
import { temporalConfig } from '../temporal/connection';
import { withEncryption } from '../temporal/encryption';
import { namespaceId } from '../temporal/namespace';
import { asTemporalError } from '../temporal/reachable';
import { indexedChecker } from '../temporal/search-attributes';
import { ensureUpkeep } from './ensure-upkeep';
import { startExpiry } from './expiry';
import { upkeepPolicy, workerOptions } from './options';
import { installRuntime } from './runtime';
import { registerSearchAttributes } from './search-attributes';
import { startUpkeep } from './upkeep';

/** For a worker of one's own: its `dataConverter`, as the one here has it. */
export { encryptionCodec, withEncryption } from '../temporal/encryption';

export interface WorkerSetup {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The same that the clients use. Combines with MAKEGOOD_ENCRYPTION_KEYS (temporal/encryption.ts). */
  readonly dataConverter?: DataConverter;
  readonly warn?: (line: string) => void;
  /** Where the bundled workflows lie, for those who have bundled their own. */
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
export async function startWorker({
  env = process.env,
  dataConverter: given,
  warn,
  workflowBundle,
}: WorkerSetup = {}): Promise<RunningWorker> {
  const { databaseUrl, taskQueue } = readSettings(env);
  const provider = connectProvider(readProviderSettings(env));
  const { connectionOptions, address, namespace } = temporalConfig(env);
  const dataConverter = withEncryption(env, given);
  const options = workerOptions(env);
  const policy = upkeepPolicy(env);
  installRuntime(env);
  const { logger, metricMeter: meter } = Runtime.instance();
  const closing: (() => Promise<unknown>)[] = [];
  try {
    const connection = await NativeConnection.connect(connectionOptions);
    closing.push(() => connection.close());
    const temporal = new Client({
      ...{ connection: connection as unknown as Connection, namespace },
      ...(dataConverter ? { dataConverter } : {}),
    });
    await registerSearchAttributes(temporal, warn ?? ((line) => logger.warn(line)));
    const db = openDatabase(databaseUrl, 20, ledgerEncryption(env));
    closing.push(() => db.$disconnect());
    const ours = { db, temporal, namespace: await namespaceId(temporal) };
    await ensureUpkeep(temporal, taskQueue);
    const worker = await Worker.create({
      ...{ connection, namespace, taskQueue },
      workflowBundle: { codePath: workflowBundle ?? builtBundle(dataConverter) },
      activities: {
        ...activities({ ...ours, provider }),
        ...upkeepActivities({ ...ours, policy, indexed: indexedChecker(temporal) }),
      },
      ...(dataConverter ? { dataConverter } : {}),
      ...options,
    });
    const shutdown = () => void (worker.getState() === 'RUNNING' && worker.shutdown());

    let fault: Error | undefined;
    const running = worker.run();
    const upkeep = startUpkeep({ ...ours, taskQueue, logger, meter, heldLimitMs: policy.heldLimitMs }, (error) => {
      fault = error;
      shutdown();
    });
    const expiry = startExpiry({ db, logger });
    const done = running
      .finally(() => upkeep.stop())
      .finally(() => expiry.stop())
      .finally(() => Promise.all(closing.map((close) => close())))
      .then(() => {
        if (fault) throw fault;
      });
    return {
      done,
      async stop() {
        shutdown();
        await done;
      },
    };
  } catch (error) {
    await Promise.allSettled(closing.map((close) => close()));
    throw asTemporalError(error, address);
  }
}

/** Made at build time (scripts/bundle-workflows.mjs): a failure converter is part of a bundle. */
const builtBundle = (dataConverter: DataConverter | undefined) =>
  join(
    PACKAGE_ROOT,
    dataConverter?.failureConverterPath ? 'dist/workflow-bundle-encoded.js' : 'dist/workflow-bundle.js',
  );
