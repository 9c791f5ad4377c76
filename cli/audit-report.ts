import type { Makegood } from '../client/makegood';
import { type AuditReport, audit, type Discrepancy } from '../ledger/audit';
import { isAway } from '../temporal/reachable';
import { temporalWitness } from '../temporal/witness';
import { auditWithFile } from './anchor-file';
import { count, paint, plainLine } from './output';
import { reachTemporal } from './preflight';

export interface AuditChoices {
  /** The file that tells of the audit before. */
  readonly anchor?: string;
  readonly full?: true;
}

/** Audits the ledger, against its workflows as well where Temporal is there to be asked. */
export async function auditOf({ context }: Makegood, { anchor: file, full }: AuditChoices = {}): Promise<AuditReport> {
  const temporal = await reachTemporal(context).then(
    () => temporalWitness(context.temporal),
    (error) => {
      if (isAway(error)) return undefined; // The report says so.
      throw error;
    },
  );
  const options = { ...(temporal ? { temporal } : {}), ...(full ? { full } : {}) };
  const { anchor, ...report } =
    file === undefined ? await audit(context.db, options) : await auditWithFile(context.db, file, options);
  return report;
}

/** For people: what was checked, every discrepancy, what somebody has acknowledged, what could not be told. */
export function auditLines({ checked, discrepancies, acknowledged, unknown }: AuditReport): string[] {
  const wrong = (name: string) => discrepancies.some(({ check }) => check === name);
  return [
    ...checked.map(({ name, rows }) => {
      const mark = wrong(name) ? paint('red', '✗') : paint('green', '✓');
      return `${mark} ${name} ${paint('dim', `(${count(rows, 'row')})`)}`;
    }),
    ...discrepancies.map((found) => paint('red', `${found.name} ${where(found)}${plainLine(found.message)}`)),
    ...acknowledged.map(({ by, reason, ...found }) =>
      paint(
        'dim',
        `${where(found)}${plainLine(found.message)}; acknowledged by ${plainLine(by)}: ${plainLine(reason)}`,
      ),
    ),
    ...unknown.map((line) => paint('yellow', `? ${line}`)),
    discrepancies.length === 0 ? 'no discrepancy' : `${discrepancies.length} discrepancies`,
  ];
}

function where({ check, account, generation, seq }: Discrepancy): string {
  const place = [account, generation, seq === undefined ? undefined : `entry ${seq}`].filter(Boolean).join(' ');
  return `${check}: ${place ? `${place}: ` : ''}`;
}
