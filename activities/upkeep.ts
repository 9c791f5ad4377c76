import { activityInfo, cancellationSignal, log } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { type Anchor, audit, recordAudit } from '../ledger/audit';
import type { Database } from '../ledger/database';
import { temporalWitness } from '../temporal/witness';
import { heartbeating } from './heartbeating';
import { countRefund, countSweep } from './metrics';
import { Reminders } from './reminders';
import { type SweepProgress, sweepOn } from './sweep';
import type { SweepWatch } from './sweep-page';

export interface UpkeepPolicy {
  /** From the end of one sweep to the next. */
  readonly periodMs: number;
  readonly graceMs: number;
  /** So many open reservations are looked at in turn, each time. */
  readonly looks: number;
  readonly heldLimitMs: number;
  /** From the end of one audit to the next. */
  readonly auditPeriodMs: number;
}

export interface UpkeepActivities {
  /**
   * Sweeps, from where the one before has stopped, and says in how many milliseconds the next is due. Safe to run twice,
   * and several at once.
   */
  sweepOnce(progress: SweepProgress): Promise<{ refunded: number; nextMs: number; progress: SweepProgress }>;
  /**
   * Audits the ledger, goes on from what the audit before has left, writes down what it found, and says in how many
   * milliseconds the next is due. What it leaves for the next lies in the workflow's history, where whoever owns the
   * database can't change it.
   */
  auditOnce(before?: Anchor): Promise<{ discrepancies: number; nextMs: number; anchor: Anchor }>;
}

export interface UpkeepDependencies {
  readonly db: Database;
  readonly temporal: Client;
  /** The UUID of the worker's Temporal namespace. */
  readonly namespace: () => Promise<string>;
  readonly policy: UpkeepPolicy;
  /** Whether the Makegood search attributes are registered. */
  indexed(): Promise<boolean>;
}

/** A full audit once a day at the period of ten minutes; each of the others looks at what is new. */
const FULL_EVERY = 144;

/** How often the log says that visibility does not answer: the sweep works without it, and slower. */
const UNLISTED_MS = 600_000;

export function upkeepActivities({ db, temporal, namespace, policy, indexed }: UpkeepDependencies): UpkeepActivities {
  const watch = logged(policy);
  return {
    sweepOnce: (progress) =>
      heartbeating(async () => {
        const ctx = { db, temporal, namespace: await namespace(), ...policy, watch, signal: cancellationSignal() };
        const now = activityInfo().scheduledTimestampMs;
        const swept = await sweepOn({ ...ctx, indexed: await indexed().catch(() => false) }, progress, now);
        countSweep(swept.report.failed);
        return { refunded: swept.report.refunded, nextMs: policy.periodMs, progress: swept.progress };
      }),
    auditOnce: (before) =>
      heartbeating(async () => {
        // Each task queue has its audit, and each goes on from what it has seen itself.
        const auditor = `${await namespace()}/${activityInfo().workflowExecution?.workflowId}`;
        const { anchor, ...report } = await audit(db, {
          temporal: await temporalWitness(temporal),
          heldTooLongMs: policy.heldLimitMs,
          from: { auditor, anchor: before },
          full: before !== undefined && before.audits >= FULL_EVERY,
        });
        await recordAudit(db, auditor, report);
        for (const { name: discrepancy, message: found, ...where } of report.discrepancies)
          log.error('the audit has found', { ...where, found, discrepancy });
        return { discrepancies: report.discrepancies.length, nextMs: policy.auditPeriodMs, anchor };
      }),
  };
}

/** Each refund, and what lasts now and then. */
function logged({ heldLimitMs }: UpkeepPolicy): SweepWatch {
  const overdue = new Reminders(heldLimitMs);
  const unlisted = new Reminders(UNLISTED_MS);
  return {
    refunded({ amount, ...held }, reason, closedAt) {
      countRefund(reason, amount, closedAt && Date.now() - closedAt.getTime());
      log.info('credits given back by the sweep', { ...whose(held), reason, credits: amount });
    },
    overdue({ amount, heldMs, ...held }) {
      if (!overdue.due(held.workflowId)) return;
      const heldSeconds = Math.round(heldMs / 1000);
      log.warn('credits held for longer than the limit', { ...whose(held), heldSeconds, credits: amount });
    },
    failed: (held, error) => log.warn('the sweep leaves one to the next', { ...whose(held), error }),
    unlisted(error) {
      if (unlisted.due('visibility')) log.warn('visibility does not tell the sweep what was closed', { error });
    },
  };
}

/** The line is about this generation, not about the sweep's own workflow. */
const whose = ({ workflowId, execution: run }: { workflowId: string; execution: string }) => ({
  workflowId,
  workflowRunId: run,
});
