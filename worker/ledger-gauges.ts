import type { MetricMeter } from '@temporalio/common';
import { latestAudits } from '../ledger/audit';
import type { Database } from '../ledger/database';
import { foreignHolds, heldByAge } from '../ledger/open-reservations';

export interface LedgerGauges {
  readonly db: Database;
  readonly meter: MetricMeter;
  readonly namespace: string;
  readonly heldLimitMs: number;
}

/** A draft takes seconds and its last attempt may take minutes; what has been held for an hour has outlived all help. */
const AGES_SECONDS = [10, 60, 600, 3_600];

/**
 * What the ledger holds now, for a scrape. Every worker reads it for itself: a gauge that only the worker of the last
 * sweep had set would stand still on all the others. So take `max` over the workers, not `sum`.
 */
export function ledgerGauges({ db, meter, namespace, heldLimitMs }: LedgerGauges): () => Promise<void> {
  const gauge = (name: string, about: string) => meter.createGauge(`makegood_${name}`, 'int', undefined, about);
  const reservations = gauge('held_reservations', 'Open reservations, by age');
  const credits = gauge('held_credits', 'Held credits, by age');
  const overdue = gauge('overdue_reservations', 'Open reservations held for longer than the limit');
  const orphaned = gauge('orphaned_credits', 'Credits held for other Temporal namespaces');
  const discrepancies = gauge('audit_discrepancies', 'What the latest audits have found and nobody has acknowledged');
  const audited = gauge('audit_timestamp_seconds', 'When the latest audit was made');
  return async () => {
    const [ages, limit, foreign, audit] = await Promise.all([
      heldByAge(db, namespace, AGES_SECONDS),
      heldByAge(db, namespace, [heldLimitMs / 1000]),
      foreignHolds(db, namespace),
      latestAudits(db),
    ]);
    for (const { under, ...held } of ages) {
      const age = Number.isFinite(under) ? `under_${under}s` : `over_${AGES_SECONDS.at(-1)}s`;
      reservations.set(held.reservations, { age });
      credits.set(held.credits, { age });
    }
    overdue.set(limit.at(-1)?.reservations ?? 0);
    orphaned.set(foreign.reduce((sum, hold) => sum + hold.credits, 0));
    if (!audit) return;
    discrepancies.set(audit.discrepancies);
    audited.set(Math.floor(audit.at.getTime() / 1000));
  };
}
