import type { Database } from '../database';
import { asLedgerError } from '../failures';
import type { AuditReport } from './report';

/** Writes a report down, in the table audit_run, which keeps the latest 1000. */
export async function recordAudit(db: Database, report: AuditReport): Promise<void> {
  const [checked, discrepancies, unknown] = [report.checked, report.discrepancies, report.unknown].map((part) =>
    JSON.stringify(part),
  );
  try {
    await db.$executeRaw`SELECT ${db.schema}.record_audit(${checked}::jsonb, ${discrepancies}::jsonb, ${unknown}::jsonb)`;
  } catch (error) {
    throw asLedgerError(error);
  }
}
