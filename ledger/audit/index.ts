import type { Database } from '../database';
import { HEADS } from './account-checks';
import { acknowledgementsOf, type Known } from './acknowledge';
import { CATALOGUE_CHECKS, checkCatalogue } from './catalogue';
import { OF_ENTRIES } from './entries';
import { Findings } from './findings';
import { OF_GENERATIONS } from './generations';
import { HELD, heldTooLong } from './held';
import { type Anchor, Marks } from './marks';
import { hasFailed } from './record';
import type { Acknowledged, AuditReport, Discrepancy } from './report';
import { checkRights, MEMBERS, POWERS, RIGHTS } from './rights';
import { inSnapshot } from './snapshot';
import { eachAccount, eachGeneration } from './walk';
import { recentReservations, WORKFLOWS, type WorkflowWitness, workflowsAgree } from './workflows';

export { acknowledge } from './acknowledge';
export { type Anchor, type Head, Marks } from './marks';
export { latestAudits, recordAudit } from './record';
export type { Acknowledged, AuditReport, Discrepancy } from './report';
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
  /** Who audits again and again, and what it has left. Without it all is looked at, and nothing written. */
  readonly from?: { readonly auditor: string; readonly anchor?: Anchor | undefined };
  /** All that there is, also what was verified before. Default: without an anchor. */
  readonly full?: boolean;
}

export interface Audited<A = Anchor | undefined> extends AuditReport {
  /**
   * For the next audit of this auditor, to be kept where the database's owner can't write. The one that was given, as long
   * as the past is not the one it tells of, unless that was acknowledged.
   */
  readonly anchor: A;
}

const MINUTE = 60_000;
/** What each audit looks at as a whole, full or not: that it has found something there does not make the next one full. */
const ALWAYS = [...CATALOGUE_CHECKS, RIGHTS, MEMBERS, POWERS, HELD, WORKFLOWS];

/**
 * Checks all that the ledger promises: that the past is still the one that was seen before, the accounts against their
 * entries, the entries against the reservations, these against the generations, and, given a witness, against their
 * workflows; and that nothing was taken from what guards them. Moves nothing. A busy system raises no false alarm: each
 * account is read in one snapshot up to its last entry, and none is held for longer than seconds. Throws what a read of
 * the ledger throws.
 */
export async function audit(
  db: Database,
  options: AuditOptions & Required<Pick<AuditOptions, 'from'>>,
): Promise<Audited<Anchor>>;
export async function audit(db: Database, options?: AuditOptions): Promise<Audited>;
export async function audit(db: Database, options: AuditOptions = {}): Promise<Audited> {
  const { temporal, heldTooLongMs = 10 * MINUTE, graceMs = MINUTE, windowMs = 60 * MINUTE, from } = options;
  const findings = new Findings();
  const marks = from && new Marks(db, from.auditor);
  const trusted = (await marks?.begin(from?.anchor)) ?? { root: '', accounts: 0 };
  // Marks that are not those that were left are no beginning.
  const changed = from?.anchor !== undefined && trusted.root !== from.anchor.root;
  const full = options.full || !from?.anchor || changed || (await hasFailed(db, from.auditor, ALWAYS));

  const { recent, members } = await inSnapshot(db, false, async (tx) => {
    await checkCatalogue(tx, findings);
    await heldTooLong(tx, heldTooLongMs, findings);
    if (marks && from?.anchor) await checkMarks(marks, tx, from.anchor, changed, findings);
    return {
      members: await checkRights(tx, findings, from?.anchor?.members),
      recent: temporal && (await recentReservations(tx, temporal.namespaceId, windowMs)),
    };
  });
  // Also those for which nothing is due.
  for (const { name } of [...OF_ENTRIES, ...OF_GENERATIONS]) findings.add(name, 0);
  await eachAccount(db, findings, { full, ...(marks ? { marks } : {}) });
  if (full) await eachGeneration(db, findings);
  if (temporal && recent) await workflowsAgree(db, temporal, recent, graceMs, findings);
  else findings.unknown.push('Temporal was not asked about the workflows.');

  const report = await sorted(db, findings);
  if (!marks) return { ...report, anchor: undefined };
  const before = from?.anchor;
  const wrong = (name: string) => report.discrepancies.some(({ check }) => check === name);
  if (wrong(HEADS) && before) return { ...report, anchor: before };
  const audits = full ? 1 : (before?.audits ?? 0) + 1;
  const at = new Date().toISOString();
  return {
    ...report,
    anchor: {
      ...{ audit: marks.audit, at, ...(await marks.root()), audits },
      members: before && wrong(MEMBERS) ? before.members : members,
    },
  };
}

async function checkMarks(
  marks: Marks,
  tx: Parameters<Marks['vanished']>[0],
  anchor: Anchor,
  changed: boolean,
  findings: Findings,
): Promise<void> {
  const gone = await marks.vanished(tx, 101);
  const found = gone.map(({ account, seq }) => ({ account, message: `it had ${seq} entries, and is gone` }));
  const altered = {
    message: `what is known of the audit of ${anchor.at}, with ${anchor.accounts} accounts, is not what it has left: the marks were changed, and with them perhaps the past`,
  };
  findings.add(HEADS, 0, [...(changed ? [altered] : []), ...found]);
}

/** What was found, and apart from it what somebody has acknowledged. */
async function sorted(db: Database, findings: Findings): Promise<AuditReport> {
  const { discrepancies, ...report } = findings.report();
  const known = await acknowledgementsOf(db, discrepancies);
  const acknowledged = discrepancies.flatMap((found): Acknowledged[] => {
    const by: Known | undefined = known.get(found.name);
    return by ? [{ ...found, ...by }] : [];
  });
  return { ...report, discrepancies: discrepancies.filter(({ name }: Discrepancy) => !known.has(name)), acknowledged };
}
