import { type Attributed, attributedOf, UNATTRIBUTED } from './attribution';
import type { Database } from './database';
import { asLedgerError } from './failures';
import type { AccountId } from './ids';
import { type Selection, seqsOf } from './selection';
import { type Period, stretchOf } from './stretch';

export type EntryKind = 'GRANT' | 'RESERVE' | 'SETTLE' | 'REFUND' | 'ADJUST';

/**
 * One movement of an account's credits. `amount` and `held` are the signed changes, `balance` the balance after. A
 * generation's entries say for whom and what it was.
 */
export interface UsageEntry extends Attributed {
  readonly seq: number;
  readonly at: string;
  readonly kind: EntryKind;
  readonly amount: number;
  readonly held: number;
  readonly balance: number;
  /** Of a RESERVE and its SETTLE: what the charge came to, once it is settled; at most what was held. Else null. */
  readonly cost: number | null;
  readonly generation: string | null;
  readonly label: string | null;
  readonly reason: string | null;
  readonly message: string | null;
}

/** Whose entries: of one generation, or of those for a user, a campaign, of a kind of work, with pairs of metadata. */
export interface UsageSelection extends Omit<Selection, 'kind'> {
  /** The kind of work, as the generation has it. */
  readonly work?: string | undefined;
}

export interface UsageFilter extends UsageSelection, Period {
  /** How many at most; 1 to 1000. */
  readonly limit?: number;
  /** Entries older than this `seq`: the `next` of the page before. */
  readonly cursor?: number;
  /** Entries newer than this `seq`: for following the feed. */
  readonly after?: number;
  readonly kinds?: readonly EntryKind[];
}

export interface UsagePage {
  readonly entries: readonly UsageEntry[];
  /** The cursor of the next, older page; null on the last. */
  readonly next: number | null;
}

/** The selection without what says nothing; undefined where it says nothing at all. */
export function selectionOf({
  generation,
  work: kind,
  user,
  campaign,
  metadata,
}: UsageSelection): Selection | undefined {
  const given = Object.entries({ generation, kind, user, campaign, metadata }).filter(
    ([, value]) => value !== undefined,
  );
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

/** A page of the account's entries, newest first. Keyset-paged: as fast in the middle of a million as at the end. */
export async function readUsage(db: Database, account: AccountId, filter: UsageFilter = {}): Promise<UsagePage> {
  const { limit = 50, cursor, after, kinds } = filter;
  const stretch = await stretchOf(db, account, filter);
  const above = Math.max(after ?? 0, stretch.after ?? 0);
  const below = Math.min(cursor ?? Number.MAX_SAFE_INTEGER, stretch.before ?? Number.MAX_SAFE_INTEGER);
  const selection = selectionOf(filter);
  // One more than asked tells whether there is a next page.
  const wanted = { above, below, kinds, limit: limit + 1 };
  const seqs = selection && (await seqsOf(db, account, selection, wanted));
  const rows = await db.ledgerEntry
    .findMany({
      where: {
        accountId: account,
        seq: { gt: above, lt: below, ...(seqs && { in: seqs }) },
        ...(kinds === undefined ? {} : { kind: { in: [...kinds] } }),
      },
      orderBy: { seq: 'desc' },
      take: limit + 1,
      include: {
        generation: { select: { label: true, user: true, campaign: true, metadata: true } },
        reservation: { select: { cost: true } },
      },
    })
    .catch((error) => {
      throw asLedgerError(error);
    });
  const entries = rows.slice(0, limit).map((row): UsageEntry => {
    const { generation, reservation } = row;
    return {
      seq: Number(row.seq),
      at: row.at.toISOString(),
      kind: row.kind,
      amount: Number(row.balanceDelta),
      held: Number(row.heldDelta),
      balance: Number(row.balanceAfter),
      cost: typeof reservation?.cost === 'bigint' ? Number(reservation.cost) : null,
      generation: row.generationId,
      label:
        generation?.label && row.generationId
          ? db.texts.readLabel(generation.label, { account, generation: row.generationId })
          : null,
      ...(generation ? attributedOf(generation) : UNATTRIBUTED),
      reason: row.reason,
      message: row.message,
    };
  });
  return { entries, next: rows.length > limit ? (entries.at(-1)?.seq ?? null) : null };
}
