import type { Database } from './database';
import { asLedgerError } from './failures';
import type { AccountId } from './ids';
import { stretchOf } from './stretch';

export type EntryKind = 'GRANT' | 'RESERVE' | 'SETTLE' | 'REFUND' | 'ADJUST';

/** One movement as the customer reads it. `amount` and `held` are the signed changes, `balance` the balance after. */
export interface UsageEntry {
  readonly seq: number;
  readonly at: string;
  readonly kind: EntryKind;
  readonly amount: number;
  readonly held: number;
  readonly balance: number;
  readonly generation: string | null;
  readonly label: string | null;
  readonly reason: string | null;
  readonly message: string | null;
}

export interface UsageFilter {
  /** How many at most; 1 to 1000. */
  readonly limit?: number;
  /** Entries older than this `seq`: the `next` of the page before. */
  readonly cursor?: number;
  /** Entries newer than this `seq`: for following the feed. */
  readonly after?: number;
  readonly kinds?: readonly EntryKind[];
  readonly generation?: string;
  /** From this moment on, and before that one. */
  readonly from?: Date;
  readonly to?: Date;
}

export interface UsagePage {
  readonly entries: readonly UsageEntry[];
  /** The cursor of the next, older page; null on the last. */
  readonly next: number | null;
}

/** A page of the account's entries, newest first. Keyset-paged: as fast in the middle of a million as at the end. */
export async function readUsage(db: Database, account: AccountId, filter: UsageFilter = {}): Promise<UsagePage> {
  const { limit = 50, cursor, after, kinds, generation, from, to } = filter;
  const [stretch, seqs] = await Promise.all([
    stretchOf(db, account, { ...(from && { from }), ...(to && { to }) }),
    generation === undefined ? undefined : seqsOf(db, account, generation),
  ]);
  const above = Math.max(after ?? 0, stretch.after ?? 0);
  const below = Math.min(cursor ?? Number.MAX_SAFE_INTEGER, stretch.before ?? Number.MAX_SAFE_INTEGER);
  const rows = await db.ledgerEntry
    .findMany({
      where: {
        accountId: account,
        seq: { gt: above, lt: below, ...(seqs && { in: seqs }) },
        ...(kinds === undefined ? {} : { kind: { in: [...kinds] } }),
      },
      orderBy: { seq: 'desc' },
      // One more than asked tells whether there is a next page.
      take: limit + 1,
      include: { generation: { select: { label: true } } },
    })
    .catch((error) => {
      throw asLedgerError(error);
    });
  const entries = rows.slice(0, limit).map(
    (row): UsageEntry => ({
      seq: Number(row.seq),
      at: row.at.toISOString(),
      kind: row.kind,
      amount: Number(row.balanceDelta),
      held: Number(row.heldDelta),
      balance: Number(row.balanceAfter),
      generation: row.generationId,
      label: labelOf(db, row),
      reason: row.reason,
      message: row.message,
    }),
  );
  return { entries, next: rows.length > limit ? (entries.at(-1)?.seq ?? null) : null };
}

const labelOf = (db: Database, { accountId, generationId, generation }: LabelledRow) =>
  generation?.label && generationId
    ? db.texts.readLabel(generation.label, { account: accountId, generation: generationId })
    : null;

interface LabelledRow {
  readonly accountId: string;
  readonly generationId: string | null;
  readonly generation: { readonly label: string | null } | null;
}

/** The entries of one generation, which its reservations name. */
async function seqsOf(db: Database, account: AccountId, generation: string): Promise<bigint[]> {
  const where = { accountId: account, generationId: generation };
  const rows = await db.reservation.findMany({ where, select: { reserveSeq: true, closeSeq: true } }).catch((error) => {
    throw asLedgerError(error);
  });
  return rows.flatMap(({ reserveSeq, closeSeq }) => (closeSeq === null ? [reserveSeq] : [reserveSeq, closeSeq]));
}
