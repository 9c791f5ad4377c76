import { Client, type Connection } from '@temporalio/client';
import { SimplePlugin } from '@temporalio/plugin';
import {
  type BundleOptions,
  type ReplayWorkerOptions,
  Runtime,
  type Worker,
  type WorkerOptions,
} from '@temporalio/worker';
import { activities, upkeepActivities } from '../activities';
import type { Step } from '../activities/perform';
import { MakegoodError } from '../errors';
import type { PaidWork } from '../kinds/paid-work';
import { type Database, openDatabase } from '../ledger/database';
import { ledgerEncryption } from '../ledger/encryption';
import { readSettings } from '../settings';
import { withEncryption } from '../temporal/encryption';
import { namespaceId } from '../temporal/namespace';
import { indexedChecker } from '../temporal/search-attributes';
import { ensureUpkeep } from './ensure-upkeep';
import { startExpiry } from './expiry';
import { bundledTogether, withOurWorkflows } from './host-workflows';
import { upkeepPolicy } from './options';
import { registerSearchAttributes } from './search-attributes';
import { startUpkeep } from './upkeep';

export interface MakegoodPluginOptions {
  /** The paid work that this worker does: what `perform` and `step` have made. */
  readonly work?: readonly Step[];
  /** Kinds whose work this worker's workflows do (`pay`) without a step of their own: for the words of their refunds. */
  readonly kinds?: readonly PaidWork[];
  /** The environment to read settings from; `process.env` unless given. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** For what an operator should read, once; the worker's log unless given. */
  readonly warn?: (line: string) => void;
}

/** What a worker works with, from its creation to its end. */
interface Workplace {
  readonly temporal: Client;
  readonly taskQueue: string;
  readonly db: Database;
  readonly namespace: () => Promise<string>;
}

/** More than the moves of credits ever need at once: they go together. */
const CONNECTIONS = 20;

/**
 * Makes any worker one that does paid work: adds the activities, the workflows of generations, of the sweep and of the
 * audit, and looks after them while the worker runs. Each worker needs one of its own. Reads DATABASE_URL and the like.
 * Throws INVALID_SETTING.
 */
export const makegoodPlugin = (options: MakegoodPluginOptions = {}): MakegoodPlugin => new MakegoodPlugin(options);

export class MakegoodPlugin extends SimplePlugin {
  private workplace: Workplace | undefined;
  private ready: Promise<void> | undefined;

  private readonly env: NonNullable<MakegoodPluginOptions['env']>;

  constructor(private readonly given: MakegoodPluginOptions) {
    super({ name: 'makegood' });
    this.env = given.env ?? process.env;
  }

  override configureWorker(options: WorkerOptions): WorkerOptions {
    const { work = [] } = this.given;
    const encrypted = this.encrypted(options);
    const workplace = this.open(encrypted);
    const ours = {
      ...activities({ ...workplace, work, reasonsOf: (kind) => this.kind(kind)?.reasons ?? {} }),
      ...upkeepActivities({
        ...workplace,
        policy: upkeepPolicy(this.env),
        indexed: indexedChecker(workplace.temporal),
      }),
    };
    const taken = Object.keys(ours).find((name) => name in (options.activities ?? {}));
    if (taken) throw new MakegoodError('INVALID_SETTING', `The worker has an activity ${taken} already. Rename yours.`);
    return { ...encrypted, ...withOurWorkflows(encrypted), activities: { ...options.activities, ...ours } };
  }

  override configureReplayWorker(options: ReplayWorkerOptions): ReplayWorkerOptions {
    const encrypted = this.encrypted(options);
    return { ...encrypted, ...withOurWorkflows(encrypted) };
  }

  override configureBundler(options: BundleOptions): BundleOptions {
    const failureConverterPath = options.failureConverterPath ?? withEncryption(this.env)?.failureConverterPath;
    return bundledTogether({ ...options, ...(failureConverterPath === undefined ? {} : { failureConverterPath }) });
  }

  override async runWorker(worker: Worker, next: (worker: Worker) => Promise<void>): Promise<void> {
    const { db, temporal, taskQueue, namespace } = this.opened();
    let fault: Error | undefined;
    const running: { stop(): Promise<void> }[] = [];
    try {
      await this.prepare();
      const { logger, metricMeter: meter } = Runtime.instance();
      const { heldLimitMs } = upkeepPolicy(this.env);
      const looksAfter = { db, temporal, taskQueue, namespace: await namespace(), logger, meter, heldLimitMs };
      running.push(
        startUpkeep(looksAfter, (error) => {
          fault = error;
          if (worker.getState() === 'RUNNING') worker.shutdown();
        }),
        startExpiry({ db, logger }),
      );
      await next(worker);
    } finally {
      await Promise.all(running.map((one) => one.stop()));
      await db.$disconnect();
    }
    if (fault) throw fault;
  }

  /** What must be there before the first generation. Does it once; the worker's run does it, if nobody has before. */
  prepare(): Promise<void> {
    this.ready ??= this.prepareOnce();
    return this.ready;
  }

  private async prepareOnce(): Promise<void> {
    const { temporal, taskQueue, namespace } = this.opened();
    await registerSearchAttributes(temporal, this.given.warn ?? ((line) => Runtime.instance().logger.warn(line)));
    await namespace();
    await ensureUpkeep(temporal, taskQueue);
  }

  private open({ connection, namespace = 'default', taskQueue, dataConverter }: WorkerOptions): Workplace {
    if (this.workplace) throw new MakegoodError('INVALID_SETTING', 'Each worker needs a makegoodPlugin of its own.');
    if (!connection || !taskQueue) {
      const message =
        'makegoodPlugin needs the worker to name its connection and task queue: Worker.create({ connection, taskQueue, … }).';
      throw new MakegoodError('INVALID_SETTING', message);
    }
    const temporal = new Client({
      ...{ connection: connection as unknown as Connection, namespace },
      ...(dataConverter ? { dataConverter } : {}),
    });
    const db = openDatabase(readSettings(this.env).databaseUrl, CONNECTIONS, ledgerEncryption(this.env));
    let id: Promise<string> | undefined;
    this.workplace = {
      ...{ temporal, taskQueue, db },
      namespace: () => {
        id ??= namespaceId(temporal).catch((error) => {
          id = undefined;
          throw error;
        });
        return id;
      },
    };
    return this.workplace;
  }

  private encrypted<Options extends Pick<WorkerOptions, 'dataConverter'>>(options: Options): Options {
    const dataConverter = withEncryption(this.env, options.dataConverter);
    return { ...options, ...(dataConverter && { dataConverter }) };
  }

  private opened(): Workplace {
    if (this.workplace) return this.workplace;
    throw new MakegoodError('INTERNAL_ERROR', 'A makegoodPlugin has been run that no worker was made with.');
  }

  private kind(name: string): PaidWork | undefined {
    const { work = [], kinds = [] } = this.given;
    return [...kinds, ...work.map(({ of }) => of)].find(({ kind }) => kind === name);
  }
}
