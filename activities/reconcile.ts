import { activityInfo, cancellationSignal, log } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { temporalWitness } from '../client/witness';
import { type Anchor, audit, recordAudit } from '../ledger/audit';
import type { Database } from '../ledger/database';
import { heartbeating } from './heartbeating';
import { countRefund, countRound } from './metrics';
import { Reminders } from './reminders';
import { sweep } from './sweep';

export interface ReconcilePolicy {
  readonly periodMs: number;
  readonly graceMs: number;
  readonly heldLimitMs: number;
  /** From the end of one audit to the next. */
  readonly auditPeriodMs: number;
}

export interface ReconcileActivities {
  /** One round of the sweep, and in how many milliseconds the next is due. Safe to run twice, and several at once. */
  sweepOnce(): Promise<{ refunded: number; nextMs: number }>;
  /**
   * Audits the ledger, goes on from what the audit before has left, writes down what it found, and says in how many
   * milliseconds the next is due. What it leaves for the next lies in the workflow's history, where whoever owns the
   * database can't change it.
   */
  auditOnce(before?: Anchor): Promise<{ discrepancies: number; nextMs: number; anchor: Anchor }>;
}

/** A full audit once a day at the period of ten minutes; each of the others looks at what is new. */
const FULL_EVERY = 144;

export interface ReconcileDependencies {
  readonly db: Database;
  readonly temporal: Client;
  readonly namespace: string;
  readonly policy: ReconcilePolicy;
}

export function reconcileActivities({ db, temporal, namespace, policy }: ReconcileDependencies): ReconcileActivities {
  const reminders = new Reminders(policy.heldLimitMs);
  return {
    sweepOnce: () =>
      heartbeating(async () => {
        const { refunded, failed } = await sweep({
          ...{ db, temporal, namespace, ...policy, signal: cancellationSignal() },
          watch: {
            refunded({ amount, ...held }, reason, closedAt) {
              countRefund(reason, amount, closedAt && Date.now() - closedAt.getTime());
              log.info('credits given back by the sweep', { ...whose(held), reason, credits: amount });
            },
            overdue({ amount, heldMs, ...held }) {
              if (!reminders.due(held.workflowId)) return;
              const heldSeconds = Math.round(heldMs / 1000);
              log.warn('credits held for longer than the limit', { ...whose(held), heldSeconds, credits: amount });
            },
            failed: (held, error) => log.warn('the sweep leaves one to its next round', { ...whose(held), error }),
          },
        });
        countRound(failed);
        return { refunded, nextMs: policy.periodMs };
      }),
    auditOnce: (before) =>
      heartbeating(async () => {
        // Each task queue has its audit, and each goes on from what it has seen itself.
        const auditor = `${namespace}/${activityInfo().workflowExecution?.workflowId}`;
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

/** The line is about this generation, not about the sweep's own workflow. */
const whose = ({ workflowId, execution: run }: { workflowId: string; execution: string }) => ({
  workflowId,
  workflowRunId: run,
});
