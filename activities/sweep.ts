import { holdsAfter, holdsOf, openReservations } from '../ledger/open-reservations';
import { closedByOthers } from '../temporal/closed-workflows';
import { idsOf } from '../temporal/workflow-id';
import { add, NOTHING, type SweepContext, type SweepReport, sweepPage } from './sweep-page';

/** Where a sweep has stopped, for the next. JSON: it lies in the sweep workflow's history. */
export interface SweepProgress {
  /** All that was closed before has been looked at: milliseconds of the epoch, by Temporal's clock. */
  readonly closedSince?: number;
  /** The last of the open reservations that was looked at; none: the next sweep begins with the first. */
  readonly after?: { readonly account: string; readonly generation: string };
}

export interface SweepOnContext extends SweepContext {
  /** So many open reservations are looked at in turn, each time. */
  readonly looks: number;
  /** Whether workflows carry the Makegood search attributes. */
  readonly indexed: boolean;
}

/** Visibility is some seconds behind on a busy cluster. What is found twice costs one line of a query. */
const OVERLAP_MS = 60_000;
/** A sweep that has never swept: what was closed longer ago is found in its turn. */
const FIRST_MS = 3_600_000;

/** Looks at every open reservation, once. Safe at any time, with several at once. Throws TEMPORAL_REPLACED. */
export async function sweepAll(ctx: SweepContext): Promise<SweepReport> {
  let report = NOTHING;
  for await (const page of openReservations(ctx.db, ctx.namespace, ctx.graceMs)) {
    report = add(report, await sweepPage(ctx, page));
  }
  return report;
}

/**
 * Goes on where the sweep before has stopped: looks at what was closed since (Temporal's visibility says what: it may be
 * late, or off), and at the next open reservations in turn, so that nothing is missed for long. Where these are all
 * there are, visibility is not asked. `now` is Temporal's. Safe as `sweepAll` is.
 */
export async function sweepOn(
  ctx: SweepOnContext,
  { closedSince, after }: SweepProgress,
  now: number,
): Promise<{ report: SweepReport; progress: SweepProgress }> {
  const page = await holdsAfter(ctx.db, ctx.namespace, ctx.graceMs, after, ctx.looks);
  const last = page.length < ctx.looks ? undefined : page.at(-1);
  const isAll = after === undefined && last === undefined;
  const closed = isAll ? NOTHING : await sweepClosed(ctx, closedSince ?? now - FIRST_MS);
  const report = add(closed ?? NOTHING, await sweepPage(ctx, page));
  return {
    report,
    progress: {
      // What could not be asked or given back is looked for again.
      ...(closed?.failed === 0 ? { closedSince: now } : closedSince === undefined ? {} : { closedSince }),
      ...(last ? { after: { account: last.account, generation: last.generation } } : {}),
    },
  };
}

/** Nothing where visibility does not answer. */
async function sweepClosed(ctx: SweepOnContext, since: number): Promise<SweepReport | undefined> {
  let report = NOTHING;
  const from = new Date(since - OVERLAP_MS - ctx.graceMs);
  const listed = closedByOthers(ctx.temporal, from, ctx.indexed);
  for (;;) {
    const ids = await listed.next().catch((error: unknown) => {
      ctx.watch?.unlisted?.(error);
      return undefined;
    });
    if (!ids) return undefined;
    if (ids.done) return report;
    report = add(
      report,
      await sweepPage(
        ctx,
        await holdsOf(
          ctx.db,
          ctx.namespace,
          ids.value.flatMap((id) => idsOf(id) ?? []),
        ),
      ),
    );
  }
}
