import type { Makegood } from '../client/makegood';
import { missingMigrations } from '../prisma/migrate';
import { within } from './temporal-gate';

/** Everything that is there answers in milliseconds; whoever asks for readiness asks again soon. */
const PATIENCE_MS = 2_000;
/** A worker's long poll lasts for a minute: one that has not asked for longer is gone. */
const POLLER_AGE_MS = 70_000;
/** Temporal's numbers of the two task queues of one name. */
const TASK_QUEUES = { workflows: 1, activities: 2 } as const;

export interface Readiness {
  readonly ready: boolean;
  /** Of each part, `ok` or what is wrong with it. */
  readonly postgres: string;
  readonly temporal: string;
  readonly worker: string;
}

/** Whether a generation that is started now would run: who is reached, and whether a worker polls the task queue. */
export async function readiness(makegood: Makegood): Promise<Readiness> {
  const [postgres, temporal, worker] = await Promise.all([
    stateOf(migrated(makegood)),
    stateOf(temporalAnswers(makegood)),
    stateOf(workerPolls(makegood)),
  ]);
  return { ready: [postgres, temporal, worker].every((state) => state === 'ok'), postgres, temporal, worker };
}

const stateOf = (check: Promise<unknown>): Promise<string> =>
  within(PATIENCE_MS, check).then(
    () => 'ok',
    (error) => firstLine(error),
  );

async function migrated({ context }: Makegood): Promise<void> {
  const missing = await missingMigrations(context.db).catch(() => {
    throw new Error('not reachable'); // Not the driver's own words: they name the host and the role.
  });
  if (missing.length > 0) throw new Error(`not migrated: run \`makegood migrate\` (${missing.length} missing)`);
}

async function temporalAnswers({ context: { temporal } }: Makegood): Promise<void> {
  const { namespace } = temporal.options;
  await soon(temporal, () => temporal.workflowService.describeNamespace({ namespace }));
}

async function workerPolls({ context: { temporal, taskQueue } }: Makegood): Promise<void> {
  for (const [what, taskQueueType] of Object.entries(TASK_QUEUES)) {
    const { namespace } = temporal.options;
    const { pollers } = await soon(temporal, () =>
      temporal.workflowService.describeTaskQueue({ namespace, taskQueue: { name: taskQueue }, taskQueueType }),
    );
    const alive = pollers?.some(({ lastAccessTime }) => age(lastAccessTime) < POLLER_AGE_MS);
    if (!alive) throw new Error(`no worker polls the task queue "${taskQueue}" for ${what}: run \`makegood worker\``);
  }
}

async function soon<T>(temporal: Makegood['context']['temporal'], call: () => Promise<T>): Promise<T> {
  return temporal.connection.withDeadline(Date.now() + PATIENCE_MS, call).catch(() => {
    throw new Error('not reachable');
  });
}

const age = (at: { seconds?: unknown } | null | undefined) => Date.now() - Number(at?.seconds ?? 0) * 1_000;
const firstLine = (error: unknown) => (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
