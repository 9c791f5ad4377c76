import type { Database } from '../database';
import { asLedgerError } from '../failures';
import type { AuditReport } from './report';

/** Writes a report down, acknowledged discrepancies as well, in the table audit_run, which keeps the latest 1000. */
export async function recordAudit(db: Database, auditor: string, report: AuditReport): Promise<void> {
  const all = [...report.discrepancies, ...report.acknowledged];
  const [checked, discrepancies, unknown] = [report.checked, all, report.unknown].map((part) => JSON.stringify(part));
  await db.$queryRaw`SELECT ${db.schema}.record_audit(${auditor}, ${checked}::jsonb, ${discrepancies}::jsonb,
                                                      ${unknown}::jsonb)::text`.catch(refused);
}

export interface LatestAudits {
  /** When the latest was made. */
  readonly at: Date;
  /** What the latest of each auditor has found and nobody has acknowledged. */
  readonly discrepancies: number;
}

/** Nothing before the first. An acknowledgement counts at once. */
export async function latestAudits(db: Database): Promise<LatestAudits | undefined> {
  const [latest] = await db.$queryRaw<{ at: Date | null; discrepancies: number }[]>`
    WITH latest AS (
      SELECT DISTINCT ON (auditor) at, discrepancies FROM ${db.schema}.audit_run ORDER BY auditor, at DESC, id DESC
    )
    SELECT (SELECT max(at) FROM latest) AS at, (
      SELECT count(*) FROM latest, jsonb_array_elements(discrepancies) AS found
       WHERE NOT EXISTS (SELECT FROM ${db.schema}.audit_acknowledgement WHERE name = found->>'name')
    )::float8 AS discrepancies`.catch(refused);
  return latest?.at ? { at: latest.at, discrepancies: latest.discrepancies } : undefined;
}

/** Whether the latest audit of this auditor has found what nobody has acknowledged, beside what every audit looks at. */
export async function hasFailed(db: Database, auditor: string, always: readonly string[]): Promise<boolean> {
  const [row] = await db.$queryRaw<[{ failed: boolean }]>`
    SELECT EXISTS (
      SELECT FROM (SELECT discrepancies FROM ${db.schema}.audit_run WHERE auditor = ${auditor}
                    ORDER BY at DESC, id DESC LIMIT 1) AS latest, jsonb_array_elements(discrepancies) AS found
       WHERE found->>'check' <> ALL (${[...always]})
         AND NOT EXISTS (SELECT FROM ${db.schema}.audit_acknowledgement WHERE name = found->>'name')) AS failed`.catch(
    refused,
  );
  return row.failed;
}

const refused = (error: unknown): never => {
  throw asLedgerError(error);
};
