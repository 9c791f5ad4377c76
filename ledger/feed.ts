import type { Database } from './database';
import { asLedgerError } from './failures';
import type { AccountId } from './ids';
import { type EntryKind, readUsage, type UsageEntry, type UsageFilter } from './usage';

/**
 * A line of the feed as its customer reads it. A charge is one line, its RESERVE: `amount` is what it cost once it is
 * settled, what is held until then, and `held` what had been held for it. Where it cost less, no line tells of the rest:
 * the balances from its RESERVE on are told as they are without it, so that line by line they add up.
 */
export type FeedEntry = UsageEntry & { readonly kind: FeedKind };
export type FeedKind = Exclude<EntryKind, 'SETTLE'>;

export interface FeedFilter extends Omit<UsageFilter, 'kinds'> {
  readonly kinds?: readonly FeedKind[] | undefined;
}

export interface FeedPage {
  readonly entries: readonly FeedEntry[];
  readonly next: number | null;
}

const ALL: readonly FeedKind[] = ['GRANT', 'RESERVE', 'REFUND', 'ADJUST'];

/** A page of the feed, newest first; `next` is the cursor of the one after it. */
export async function readFeed(db: Database, account: AccountId, filter: FeedFilter = {}): Promise<FeedPage> {
  const { entries, next } = await readUsage(db, account, { ...filter, kinds: filter.kinds ?? ALL });
  const restOf = await restsOver(db, account, entries);
  return {
    entries: entries.map((entry) => ({
      ...entry,
      kind: entry.kind as FeedKind,
      amount: entry.kind === 'RESERVE' && entry.cost !== null ? 0 - entry.cost : entry.amount,
      balance: entry.balance + restOf(entry.seq),
    })),
    next,
  };
}

/** What came back of charges that were open at an entry: of those from the newest of these to the oldest. */
async function restsOver(db: Database, account: AccountId, entries: readonly UsageEntry[]) {
  const [newest, oldest] = [entries[0]?.seq, entries.at(-1)?.seq];
  if (newest === undefined || oldest === undefined) return () => 0;
  const rests = await db.$queryRaw<{ reserved: bigint; settled: bigint; rest: bigint }[]>`
    SELECT res.reserve_seq AS reserved, entry.seq AS settled, entry.balance_delta AS rest
    FROM ${db.schema}.ledger_entry AS entry
    JOIN ${db.schema}.reservation AS res ON res.account_id = entry.account_id AND res.generation_id = entry.generation_id
                                        AND res.ordinal = entry.ordinal
    WHERE entry.account_id = ${account} AND entry.seq > ${oldest} AND entry.kind = 'SETTLE' AND entry.balance_delta > 0
      AND res.reserve_seq <= ${newest}`.catch((error) => {
    throw asLedgerError(error);
  });
  // Each counts from its RESERVE until its SETTLE.
  const changes = rests
    .flatMap(({ reserved, settled, rest }) => [
      { from: Number(reserved), by: Number(rest) },
      { from: Number(settled), by: -Number(rest) },
    ])
    .sort((one, other) => one.from - other.from);
  const sums = new Map<number, number>();
  let next = 0;
  let sum = 0;
  for (const { seq } of [...entries].reverse()) {
    for (let change = changes[next]; change && change.from <= seq; change = changes[++next]) sum += change.by;
    sums.set(seq, sum);
  }
  return (seq: number) => sums.get(seq) ?? 0;
}
