import type { Database } from '../database';
import type { Check } from './check';
import { checks } from './checks';
import type { AuditReport, Discrepancy } from './report';
import { type Slice, SORT_MEMORY, slicesOf, withinSlice } from './slices';
import { inSnapshot, type Snapshot } from './snapshot';
import { recentReservations, type WorkflowWitness, workflowsAgree } from './workflows';

export { recordAudit } from './record';
export type { AuditReport, Discrepancy } from './report';
export type { NewestRun, WorkflowWitness } from './workflows';

export interface AuditOptions {
  /** Credits held for longer are reported. Default: ten minutes, far beyond all the tries of a draft. */
  readonly heldTooLongMs?: number;
  /** Who tells of the workflows. Without it the ledger is checked against itself alone. */
  readonly temporal?: WorkflowWitness;
  /** How long a workflow may be closed before its reservation must be: longer than the sweep takes. Default: a minute. */
  readonly graceMs?: number;
  /**
   * How far back refunded reservations are held against their workflows. Open ones all are, and settled ones need not.
   * Default: an hour, so that an audit every few minutes sees each several times, and asks Temporal for no more than it
   * answers in seconds.
   */
  readonly windowMs?: number;
}

const MINUTE = 60_000;
/** A report is for reading: so many discrepancies of one check are named, the others are counted. */
const NAMED = 100;

/**
 * Checks all that the ledger promises: the accounts against their entries, the entries against the reservations, these
 * against the generations, and, given a witness, against their workflows. Changes nothing; a busy system raises no
 * false alarm, because all is read in one snapshot. Throws what a read of the ledger throws, and what the witness does.
 */
export async function audit(db: Database, options: AuditOptions = {}): Promise<AuditReport> {
  const { temporal, heldTooLongMs = 10 * MINUTE, graceMs = MINUTE, windowMs = 60 * MINUTE } = options;
  const { checked, discrepancies, recent } = await inSnapshot(db, async (tx) => ({
    ...(await runChecks(tx, checks(heldTooLongMs))),
    recent: temporal && (await recentReservations(tx, temporal.namespaceId, windowMs)),
  }));
  if (temporal === undefined || recent === undefined) {
    return { checked, discrepancies, unknown: ['Temporal was not asked about the workflows.'] };
  }
  const workflows = await workflowsAgree(db, temporal, recent, graceMs);
  return {
    checked: [...checked, workflows.checked],
    discrepancies: [...discrepancies, ...workflows.discrepancies],
    unknown: workflows.unknown,
  };
}

async function runChecks(tx: Snapshot, all: readonly Check[]) {
  await tx.$executeRawUnsafe(`SET LOCAL work_mem = '${SORT_MEMORY}'`);
  const runs = all.map((check) => ({ check, rows: 0, found: 0, named: [] as Discrepancy[] }));
  for (const slice of await slicesOf(tx)) {
    const rows = await countRows(tx, slice);
    for (const run of runs) {
      const found = await runCheck(tx, run.check, slice);
      run.rows += Number(rows[run.check.over]);
      run.found += Number(found[0]?.total ?? 0);
      run.named.push(...found.slice(0, NAMED - run.named.length).map((row) => discrepancy(run.check, row)));
    }
  }
  return {
    checked: runs.map(({ check, rows }) => ({ name: check.name, rows })),
    discrepancies: runs.flatMap(({ check, found, named }) =>
      found > named.length ? [...named, { check: check.name, message: `and ${found - named.length} more` }] : named,
    ),
  };
}

async function countRows(tx: Snapshot, { from, to }: Slice): Promise<Record<Check['over'], bigint>> {
  const counts = ['account', 'generation', 'reservation', 'ledger_entry'].map(
    (table) => `(SELECT count(*) FROM ${table}) AS ${table}`,
  );
  const sql = withinSlice(`SELECT ${counts.join(', ')}`);
  const [rows] = await tx.$queryRawUnsafe<[Record<Check['over'], bigint>]>(sql, from, to);
  return rows;
}

interface Found {
  readonly account: string;
  readonly generation: string | null;
  readonly seq: bigint | null;
  readonly message: string;
  /** How many there are in all. */
  readonly total: bigint;
}

async function runCheck(tx: Snapshot, { sql, values = [] }: Check, { from, to }: Slice): Promise<Found[]> {
  return tx.$queryRawUnsafe<Found[]>(
    withinSlice(
      `SELECT *, count(*) OVER () AS total FROM (${sql}) AS found ORDER BY account, generation, seq LIMIT ${NAMED}`,
    ),
    from,
    to,
    ...values,
  );
}

function discrepancy({ name }: Check, { account, generation, seq, message }: Found): Discrepancy {
  return {
    check: name,
    account,
    ...(generation === null ? {} : { generation }),
    ...(seq === null ? {} : { seq: Number(seq) }),
    message,
  };
}
