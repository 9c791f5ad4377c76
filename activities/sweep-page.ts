import type { Client } from '@temporalio/client';
import { MakegoodError } from '../errors';
import { sweepAccount } from '../ledger/credits';
import type { Database } from '../ledger/database';
import { LedgerRefusal } from '../ledger/failures';
import type { OpenReservation } from '../ledger/open-reservations';
import { type ReasonCode, reason } from '../ledger/reasons';
import { namespaceId } from '../temporal/namespace';
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
  /** Ends the sweep after the page at hand. */
  readonly signal?: AbortSignal;
}

/** Who is told while it goes on. */
export interface SweepWatch {
  refunded(held: OpenReservation, code: ReasonCode, closedAt?: Date): void;
  /** Its workflow still runs, and it is held for longer than the limit. */
  overdue(held: OpenReservation): void;
  /** Temporal has not told, or the refund was not made: a later sweep looks again. */
  failed(held: OpenReservation, error: unknown): void;
  /** Visibility has not told what was closed. */
  unlisted(error: unknown): void;
}

/** What a sweep has found. Amounts in credits. */
export interface SweepReport {
  readonly looked: number;
  readonly running: number;
  readonly overdue: number;
  readonly refunded: number;
  readonly credits: number;
  /** Left as they are, for the next sweep. */
  readonly failed: number;
}

export const NOTHING: SweepReport = { looked: 0, running: 0, overdue: 0, refunded: 0, credits: 0, failed: 0 };

export const add = (one: SweepReport, other: SweepReport): SweepReport => ({
  looked: one.looked + other.looked,
  running: one.running + other.running,
  overdue: one.overdue + other.overdue,
  refunded: one.refunded + other.refunded,
  credits: one.credits + other.credits,
  failed: one.failed + other.failed,
});

/** Enough to look at thousands in a second, and too few to disturb the generations at work. */
const DESCRIBES_AT_ONCE = 16;
/** As many as the ledger has connections for: one that is locked keeps a single one, for 100 ms. */
const ACCOUNTS_AT_ONCE = 4;
/** In one statement: some tens of milliseconds of the account's lock. */
const HOLDS_AT_ONCE = 200;

interface Dead {
  readonly held: OpenReservation;
  readonly fate: Extract<Fate, { state: 'over' }>;
}
type Unknown = { readonly state: 'unknown'; readonly error: unknown };

/**
 * Refunds those of these reservations whose workflow is closed or gone, and leaves alone those whose workflow runs. Safe
 * against a retry or reset that starts meanwhile: a refund names the run that was read as the holder, and closes no
 * other but the one that was seen closed. Throws TEMPORAL_REPLACED.
 */
export async function sweepPage(ctx: SweepContext, page: readonly OpenReservation[]): Promise<SweepReport> {
  ctx.signal?.throwIfAborted();
  const report = { ...NOTHING, looked: page.length };
  const fates = await mapAtMost(DESCRIBES_AT_ONCE, page, (held) =>
    fateOf(ctx.temporal, held).catch((error: unknown): Unknown => ({ state: 'unknown', error })),
  );
  const dead = new Map<string, Dead[]>();
  for (const [index, held] of page.entries()) {
    const fate = fates[index] as Fate | Unknown;
    if (fate.state === 'over') dead.set(held.account, [...(dead.get(held.account) ?? []), { held, fate }]);
    else if (fate.state === 'running') report.running++;
    else {
      report.failed++;
      ctx.watch?.failed?.(held, fate.error);
    }
    if (fate.state !== 'running' || held.heldMs < ctx.heldLimitMs) continue;
    report.overdue++;
    ctx.watch?.overdue?.(held);
  }
  if (dead.size === 0) return report;
  // After the answers, not before: by now another server may have answered under the same address, and to that one
  // every workflow is gone.
  await expectSameNamespace(ctx);
  const accounts = [...dead.values()].flatMap((holds) => chunks(holds, HOLDS_AT_ONCE));
  const given = await mapAtMost(ACCOUNTS_AT_ONCE, accounts, (holds) => giveBack(ctx, holds));
  return given.reduce(add, report);
}

/** Throws TEMPORAL_REPLACED when the namespace is no longer the one that we work for. */
export async function expectSameNamespace({ temporal, namespace }: Pick<SweepContext, 'temporal' | 'namespace'>) {
  if ((await namespaceId(temporal)) !== namespace) throw new MakegoodError('TEMPORAL_REPLACED');
}

/** What one account holds for the dead, in one commit. One that Postgres refuses must not keep the rest from it. */
async function giveBack(ctx: SweepContext, holds: readonly Dead[]): Promise<SweepReport> {
  const report = { ...NOTHING };
  const [first] = holds;
  if (!first) return report;
  try {
    faultPoint('sweep:found');
    const outcomes = await sweepAccount(
      ctx.db,
      first.held.account,
      ctx.namespace,
      holds.map(({ held: { generation, holder }, fate }) => ({
        ...{ generation, holder, newest: fate.run, reason: reason(fate.reason) },
      })),
    );
    faultPoint('sweep:refunded');
    for (const [index, { held, fate }] of holds.entries()) {
      const given = outcomes[index];
      // Anything else: it was settled, refunded or adopted by a retry since we read it.
      if (given?.outcome !== 'refunded') continue;
      report.refunded++;
      report.credits += given.amount;
      ctx.watch?.refunded?.(held, fate.reason, fate.closedAt);
    }
    return report;
  } catch (error) {
    if (error instanceof LedgerRefusal && holds.length > 1) {
      const single = await mapAtMost(1, holds, (hold) => giveBack(ctx, [hold]));
      return single.reduce(add, report);
    }
    for (const { held } of holds) ctx.watch?.failed?.(held, error);
    return { ...report, failed: holds.length };
  }
}

const chunks = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));

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
