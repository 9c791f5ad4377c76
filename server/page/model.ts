import type { Database } from '../../ledger/database';
import { type FeedEntry, readFeed } from '../../ledger/feed';
import type { AccountId } from '../../ledger/ids';
import { readStatement, type Statement } from '../../ledger/statement';
import { type Charge, readStories, type Story } from '../../ledger/stories';
import { dayOf } from './days';
import { KINDS_OF, periodOf, type Query, selectionOf } from './query';

/** One line of the feed. */
export type Row = { readonly entry: FeedEntry; readonly at: Date } & (
  | { readonly kind: 'grant' | 'adjustment' }
  | {
      readonly kind: 'charge' | 'refund';
      readonly story: Story;
      readonly charge: Charge;
      /** Where the other half of it is: on this page, or to be searched for. */
      readonly other: { readonly seq: number; readonly onPage: boolean } | null;
    }
);

export interface Model {
  readonly account: AccountId;
  readonly query: Query;
  readonly timeZone: string;
  readonly today: string;
  readonly statement: Statement;
  /** Newest first. */
  readonly days: readonly { readonly day: string; readonly rows: readonly Row[] }[];
  /** Where the next page begins, if there is one. */
  readonly next: number | null;
}

/** All that the page shows. Throws POSTGRES_UNREACHABLE. */
export async function readModel(
  db: Database,
  account: AccountId,
  query: Query,
  now: Date,
  timeZone: string,
): Promise<Model> {
  const statement = await readStatement(db, account, { ...periodOf(query, timeZone), ...selectionOf(query) });
  // The very stretch of entries that the sums are of, whatever has landed since.
  const { entries, next } = await readFeed(db, account, {
    after: Math.max(statement.after, (query.since ?? 0) - 1),
    cursor: Math.min(query.before ?? Number.POSITIVE_INFINITY, statement.last + 1),
    kinds: KINDS_OF[query.kind],
    limit: query.limit,
    ...selectionOf(query),
  });
  const stories = await readStories(
    db,
    account,
    entries.flatMap(({ generation }) => generation ?? []),
  );
  const onPage = new Set(entries.map(({ seq }) => seq));
  const days = new Map<string, Row[]>();
  for (const entry of entries) {
    const row = rowOf(entry, stories, onPage);
    const day = dayOf(row.at, timeZone);
    days.set(day, [...(days.get(day) ?? []), row]);
  }
  return {
    account,
    query,
    timeZone,
    today: dayOf(now, timeZone),
    statement,
    days: [...days].map(([day, rows]) => ({ day, rows })),
    next,
  };
}

function rowOf(entry: FeedEntry, stories: ReadonlyMap<string, Story>, onPage: ReadonlySet<number>): Row {
  const at = new Date(entry.at);
  const story = entry.generation === null ? undefined : stories.get(entry.generation);
  const charge = story?.charges.find(({ chargeSeq, refundSeq }) => entry.seq === chargeSeq || entry.seq === refundSeq);
  if (!story || !charge) return { entry, at, kind: entry.kind === 'ADJUST' ? 'adjustment' : 'grant' };
  const kind = entry.kind === 'REFUND' ? 'refund' : 'charge';
  const seq = kind === 'refund' ? charge.chargeSeq : charge.refundSeq;
  return { entry, at, kind, story, charge, other: seq === null ? null : { seq, onPage: onPage.has(seq) } };
}
