import type { Client } from '@temporalio/client';
import { namespaceId } from '../client/namespace';
import { MakegoodError } from '../errors';
import { sweepAccount } from '../ledger/credits';
import type { Database } from '../ledger/database';
import { type OpenReservation, openReservations } from '../ledger/open-reservations';
import { type ReasonCode, reason } from '../ledger/reasons';
import { faultPoint } from './fault-points';
import { type Fate, fateOf } from './workflow-fate';

export interface SweepContext {
  readonly db: Database;
  readonly temporal: Client;
  /** The UUID of the namespace whose reservations are ours to refund. */
  readonly namespace: string;
  /** Younger reservations are not looked at. */
  readonly graceMs: number;
  /** A reservation whose workflow still runs is reported when it is held for longer. */
  readonly heldLimitMs: number;
  readonly watch?: Partial<SweepWatch>;
  /** Ends the round after the page at hand. */
  readonly signal?: AbortSignal;
}

/** Who is told while it goes on. */
export interface SweepWatch {
  refunded(held: OpenReservation, code: ReasonCode, closedAt?: Date): void;
  /** Its workflow still runs, and it is held for longer than the limit. */
  overdue(held: OpenReservation): void;
  /** Temporal has not told, or the refund was not made: the next round looks again. */
  failed(held: OpenReservation, error: unknown): void;
}

/** What one round has found. Amounts in credits. */
export interface SweepReport {
  readonly looked: number;
  readonly running: number;
  readonly overdue: number;
  readonly refunded: number;
  readonly credits: number;
  /** Left as they are, for the next round. */
  readonly failed: number;
}

/** Enough to look at thousands in a second, and too few to disturb the generations at work. */
const DESCRIBES_AT_ONCE = 16;

/**
 * One round: refunds the open reservations whose workflow is closed or gone, leaves alone those whose workflow runs.
 * Safe at any time, with several at once, and against a retry or reset that starts meanwhile: a refund names the try
 * that was read, and closes no run but the one that was seen closed. Throws TEMPORAL_REPLACED.
 */
export async function sweep(ctx: SweepContext): Promise<SweepReport> {
  const report = { looked: 0, running: 0, overdue: 0, refunded: 0, credits: 0, failed: 0 };
  for await (const page of openReservations(ctx.db, ctx.namespace, ctx.graceMs)) {
    ctx.signal?.throwIfAborted();
    const fates = await mapAtMost(DESCRIBES_AT_ONCE, page, (held) =>
      fateOf(ctx.temporal, held.workflowId).catch(unknown),
    );
    // After the answers, not before: by now another server may have answered under the same address, and to that one
    // every workflow is gone.
    if (fates.some(({ state }) => state === 'over')) await expectSameNamespace(ctx);
    for (const [index, held] of page.entries()) {
      report.looked++;
      try {
        await dealWith(ctx, held, fates[index] as Fate | Unknown, report);
      } catch (error) {
        // One that can't be refunded must not keep the rest from it.
        report.failed++;
        ctx.watch?.failed?.(held, error);
      }
    }
  }
  return report;
}

/** Throws TEMPORAL_REPLACED when the namespace is no longer the one that we work for. */
export async function expectSameNamespace({ temporal, namespace }: Pick<SweepContext, 'temporal' | 'namespace'>) {
  if ((await namespaceId(temporal)) !== namespace) throw new MakegoodError('TEMPORAL_REPLACED');
}

type Unknown = { readonly state: 'unknown'; readonly error: unknown };
const unknown = (error: unknown): Unknown => ({ state: 'unknown', error });

async function dealWith(
  { db, namespace, heldLimitMs, watch }: SweepContext,
  held: OpenReservation,
  fate: Fate | Unknown,
  report: { -readonly [K in keyof SweepReport]: number },
): Promise<void> {
  switch (fate.state) {
    case 'unknown':
      throw fate.error;
    case 'running':
      report.running++;
      if (held.heldMs < heldLimitMs) return;
      report.overdue++;
      watch?.overdue?.(held);
      return;
    case 'over': {
      faultPoint('sweep:found');
      const dead = { generation: held.generation, holder: held.holder, newest: fate.run, reason: reason(fate.reason) };
      const [given] = await sweepAccount(db, held.account, namespace, [dead]);
      faultPoint('sweep:refunded');
      // Anything else: it was settled, refunded or adopted by a retry since we read it.
      if (given?.outcome !== 'refunded') return;
      report.refunded++;
      report.credits += given.amount;
      watch?.refunded?.(held, fate.reason, fate.closedAt);
    }
  }
}

async function mapAtMost<T, R>(limit: number, items: readonly T[], map: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const rest = items.entries();
  const walk = async () => {
    // All walkers share the one iterator.
    for (const [index, item] of rest) results[index] = await map(item);
  };
  await Promise.all(Array.from({ length: limit }, walk));
  return results;
}
