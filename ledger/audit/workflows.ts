import type { Database } from '../database';
import type { Findings } from './findings';
import { inSnapshot, type Snapshot } from './snapshot';

/** The newest run of a workflow id, as Temporal tells it. `gone`: it knows of none, or no longer. */
export type NewestRun =
  | {
      /** Temporal's own word: RUNNING, COMPLETED, FAILED, CANCELED, TERMINATED, TIMED_OUT; any other is not over. */
      readonly status: string;
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

export const WORKFLOWS = 'reservations agree with their workflows';
/** Questions under way at once: enough to hide the round trips, few beside the work that Temporal has to do. */
const CONCURRENCY = 20;
/** Refunded ones of the window that are asked about: the newest, so that an audit ends whatever has happened. */
const REFUNDED = 10_000;
const OVER: ReadonlySet<string> = new Set(['FAILED', 'CANCELED', 'TERMINATED', 'TIMED_OUT']);

const COLUMNS = `r.account_id AS account, r.generation_id AS generation, g.workflow_id AS "workflowId",
  r.state::text AS state, r.reserved_at AS "reservedAt"`;

/**
 * The newest reservation of each generation, where it is open or was refunded within the window. A settled one agrees
 * with any workflow: it may be terminated, or reset, after the charge.
 */
export async function recentReservations(tx: Snapshot, namespace: string, windowMs: number): Promise<Recent> {
  const reservations = await tx.$queryRawUnsafe<Newest[]>(
    `SELECT ${COLUMNS}
       FROM hold JOIN reservation AS r USING (account_id, generation_id, ordinal)
       JOIN generation AS g ON g.account_id = r.account_id AND g.id = r.generation_id
      WHERE hold.namespace = $1::uuid
     UNION ALL
     (SELECT ${COLUMNS}
       FROM account AS a CROSS JOIN (SELECT now() - $2::float8 * interval '1 millisecond' AS since) AS recent
       -- By the moments of its entries, for which each account is searched in a few looks: reservations have no such index.
       CROSS JOIN LATERAL (SELECT last_seq_before(a.id, since) AS before) AS stretch
       JOIN ledger_entry AS e ON e.account_id = a.id AND e.kind = 'REFUND' AND e.seq > before
       JOIN reservation AS r ON r.account_id = a.id AND r.generation_id = e.generation_id AND r.ordinal = e.ordinal
       JOIN generation AS g ON g.account_id = a.id AND g.id = e.generation_id
      WHERE a.last_at >= since AND r.namespace = $1::uuid AND r.state = 'REFUNDED'
        AND NOT EXISTS (SELECT FROM reservation AS newer WHERE newer.account_id = a.id
                           AND newer.generation_id = e.generation_id AND newer.ordinal > e.ordinal)
      ORDER BY e.at DESC LIMIT ${REFUNDED})`,
    namespace,
    windowMs,
  );
  const elsewhere = await tx.hold.count({ where: { namespace: { not: namespace } } });
  return { reservations, elsewhere };
}

/**
 * Holds the reservations against their workflows. What Temporal does not answer is one of the unknown, and keeps nothing
 * else from being looked at.
 */
export async function workflowsAgree(
  db: Database,
  temporal: WorkflowWitness,
  recent: Recent,
  graceMs: number,
  findings: Findings,
): Promise<void> {
  const found: { account: string; generation: string; message: string }[] = [];
  const unread: unknown[] = [];
  let gone = 0;
  await eachOf(recent.reservations, async (reservation) => {
    const { account, generation } = reservation;
    try {
      const run = await temporal.newestRun(reservation.workflowId);
      if (run === 'gone') gone++;
      if (faultOf(reservation, run, graceMs) === undefined) return;
      // Time has passed since the snapshot, and a retry or a reset may have begun. The ledger first, then Temporal: a
      // reservation that is older than the answer about its workflow.
      const now = await readNewest(db, reservation);
      const message = now && faultOf(now, await temporal.newestRun(now.workflowId), graceMs);
      if (message !== undefined) found.push({ account, generation, message });
    } catch (error) {
      unread.push(error);
    }
  });
  findings.add(WORKFLOWS, recent.reservations.length, found);
  if (unread.length > 0)
    findings.unknown.push(`Of ${unread.length} workflows nothing could be read: ${reasonOf(unread[0])}`);
  if (gone > 0) findings.unknown.push(`Temporal no longer keeps the workflows of ${gone} reservations.`);
  if (recent.elsewhere > 0) {
    const what = `${recent.elsewhere} open reservations belong to another Temporal or namespace, which was not asked.`;
    findings.unknown.push(what);
  }
}

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

function readNewest(db: Database, { account, generation }: Newest): Promise<Newest | undefined> {
  return inSnapshot(db, true, async (tx) => {
    const [newest] = await tx.$queryRawUnsafe<Newest[]>(
      `SELECT ${COLUMNS} FROM reservation AS r JOIN generation AS g ON g.account_id = r.account_id AND g.id = r.generation_id
        WHERE r.account_id = $1 AND r.generation_id = $2 ORDER BY r.ordinal DESC LIMIT 1`,
      account,
      generation,
    );
    return newest;
  });
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
  if (!OVER.has(run.status) || state !== 'RESERVED' || !longAgo(run.closedAt ?? reservedAt)) return undefined;
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
