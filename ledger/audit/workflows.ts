import type { Database } from '../database';
import { asLedgerError } from '../failures';
import type { Discrepancy } from './report';
import type { Snapshot } from './snapshot';

/** The newest run of a workflow id, as Temporal tells it. `gone`: it knows of none, or no longer. */
export type NewestRun =
  | {
      readonly status: 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELED' | 'TERMINATED' | 'TIMED_OUT';
      readonly closedAt?: Date;
    }
  | 'gone';

/** Who tells of the workflows: the ledger itself knows nothing of Temporal. */
export interface WorkflowWitness {
  /** The UUID of the namespace: it can tell nothing of reservations made for another one. */
  readonly namespaceId: string;
  /** Strongly consistent: what it says of a run is no older than the call. */
  newestRun(workflowId: string): Promise<NewestRun>;
}

interface Newest {
  readonly account: string;
  readonly generation: string;
  readonly workflowId: string;
  readonly state: 'RESERVED' | 'SETTLED' | 'REFUNDED';
  readonly reservedAt: Date;
}

export interface Recent {
  readonly reservations: readonly Newest[];
  /** Open reservations of other namespaces. */
  readonly elsewhere: number;
}

const CHECK = 'reservations agree with their workflows';
/** Questions under way at once: enough to hide the round trips, few beside the work that Temporal has to do. */
const CONCURRENCY = 20;

const newest = (schema: string) => `
  SELECT reservation.account_id AS account, generation_id AS generation, workflow_id AS "workflowId",
         state::text AS state, reserved_at AS "reservedAt"
    FROM ${schema}reservation AS reservation JOIN ${schema}generation AS generation ON generation.account_id = reservation.account_id AND generation.id = generation_id
   WHERE ordinal = (SELECT max(ordinal) FROM ${schema}reservation AS other
                     WHERE other.account_id = reservation.account_id AND other.generation_id = generation.id)`;

/**
 * The newest reservation of each generation, where it is open or was refunded within the window. A settled one agrees
 * with any workflow: it may be terminated, or reset, after the charge.
 */
export async function recentReservations(tx: Snapshot, namespace: string, windowMs: number): Promise<Recent> {
  const reservations = await tx.$queryRawUnsafe<Newest[]>(
    `${newest('')} AND namespace = $1 AND (state = 'RESERVED'
      OR (state = 'REFUNDED' AND closed_at > now() - $2 * interval '1 millisecond'))`,
    namespace,
    windowMs,
  );
  const elsewhere = await tx.reservation.count({ where: { state: 'RESERVED', namespace: { not: namespace } } });
  return { reservations, elsewhere };
}

/** Holds the reservations against their workflows. */
export async function workflowsAgree(db: Database, temporal: WorkflowWitness, recent: Recent, graceMs: number) {
  const discrepancies: Discrepancy[] = [];
  let gone = 0;
  await eachOf(recent.reservations, async (reservation) => {
    const run = await temporal.newestRun(reservation.workflowId);
    if (run === 'gone') gone++;
    if (faultOf(reservation, run, graceMs) === undefined) return;
    // Time has passed since the snapshot, and a retry or a reset may have begun. The ledger first, then Temporal: a
    // reservation that is older than the answer about its workflow.
    const now = await readNewest(db, reservation);
    const message = now && faultOf(now, await temporal.newestRun(now.workflowId), graceMs);
    if (message === undefined) return;
    discrepancies.push({ check: CHECK, account: reservation.account, generation: reservation.generation, message });
  });
  return {
    checked: { name: CHECK, rows: recent.reservations.length },
    discrepancies,
    unknown: [
      ...(gone > 0 ? [`Temporal no longer keeps the workflows of ${gone} reservations.`] : []),
      ...(recent.elsewhere > 0
        ? [`${recent.elsewhere} open reservations belong to another Temporal or namespace, which was not asked.`]
        : []),
    ],
  };
}

async function readNewest(db: Database, { account, generation }: Newest): Promise<Newest | undefined> {
  const sql = `${newest(`${db.schema.sql}.`)} AND reservation.account_id = $1 AND generation_id = $2`;
  const [found] = await db.$queryRawUnsafe<Newest[]>(sql, account, generation).catch((error) => {
    throw asLedgerError(error);
  });
  return found;
}

/** What is wrong. Nothing else is: a settled one may be terminated, a refunded one may run again after a reset. */
function faultOf({ state, reservedAt }: Newest, run: NewestRun, graceMs: number): string | undefined {
  const longAgo = (since: Date) => since.getTime() < Date.now() - graceMs;
  if (run === 'gone') {
    // The workflow is there before its reservation, and stays as long as it runs.
    return state === 'RESERVED' && longAgo(reservedAt) ? 'credits are held, but the workflow is gone' : undefined;
  }
  if (run.status === 'COMPLETED') {
    return state === 'SETTLED' ? undefined : `the workflow is COMPLETED, but its reservation is ${state}`;
  }
  if (run.status === 'RUNNING' || state !== 'RESERVED' || !longAgo(run.closedAt ?? reservedAt)) return undefined;
  return `credits are held, but the workflow is ${run.status} since ${(run.closedAt ?? reservedAt).toISOString()}`;
}

async function eachOf<T>(items: readonly T[], visit: (item: T) => Promise<void>): Promise<void> {
  // A generator, because one visitor's failure then ends it for all.
  const queue = (function* () {
    yield* items;
  })();
  const visitor = async () => {
    for (const item of queue) await visit(item);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, visitor));
}
