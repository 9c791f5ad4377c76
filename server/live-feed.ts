import type { Database } from '../ledger/database';
import type { AccountId } from '../ledger/ids';
import { readUsage, type UsageEntry } from '../ledger/usage';

/** Follows the ledger of any number of accounts, with one query for all of them. */
export interface LiveFeed {
  /**
   * Hands over the account's entries above `after` (default: from now on), oldest first and without gaps, until the
   * returned function is called. While a promise from `onEntries` is pending its watcher is not fed: the entries wait
   * in the ledger, not in memory, however slow the reader is. One that rejects is no longer watched.
   */
  watch(
    account: AccountId,
    after: number | undefined,
    onEntries: (entries: UsageEntry[]) => void | Promise<void>,
  ): () => void;
  /** Ends all watching. */
  stop(): void;
}

/** A quarter of a second is "at once" for a person, and four small queries a second for Postgres. */
const POLL_MS = 250;
/** What one step of a watcher that lags behind reads at most: some 100 kB. */
const BATCH = 200;

interface Watcher {
  readonly account: AccountId;
  readonly onEntries: (entries: UsageEntry[]) => void | Promise<void>;
  /** The last entry that it was given; nothing until the first look. */
  seen: number | undefined;
  busy: boolean;
}

const feeds = new WeakMap<Database, LiveFeed>();

/**
 * The one feed of this connection. It polls: LISTEN/NOTIFY would serialise the commits of the money path. Where
 * Postgres is away it goes on asking, and watchers go on where they were.
 */
export function liveFeed(db: Database): LiveFeed {
  const feed = feeds.get(db) ?? open(db);
  feeds.set(db, feed);
  return feed;
}

function open(db: Database): LiveFeed {
  const watchers = new Set<Watcher>();
  let timer: NodeJS.Timeout | undefined;
  let polling = false;

  async function poll(): Promise<void> {
    timer = undefined;
    polling = true;
    // A failed look is not lost: the next one finds the same entries. Whoever needs to know has `/readyz`.
    await look(db, watchers).catch(() => {});
    polling = false;
    schedule();
  }
  function schedule(): void {
    if (watchers.size > 0 && !polling) timer ??= setTimeout(() => void poll(), POLL_MS);
  }

  return {
    watch(account, after, onEntries) {
      const watcher: Watcher = { account, onEntries, seen: after, busy: false };
      watchers.add(watcher);
      schedule();
      return () => void watchers.delete(watcher);
    },
    stop() {
      watchers.clear();
      clearTimeout(timer);
      timer = undefined;
    },
  };
}

async function look(db: Database, watchers: Set<Watcher>): Promise<void> {
  const ids = [...new Set([...watchers].map(({ account }) => account))];
  const rows = await db.$queryRaw<{ id: AccountId; last_seq: bigint }[]>`
    SELECT id, last_seq FROM ${db.schema}.account WHERE id = ANY(${ids})`;
  const last = new Map(rows.map(({ id, last_seq }) => [id, Number(last_seq)]));

  // Those that stand at the same place of the same account share one read.
  const behind = new Map<string, Watcher[]>();
  for (const watcher of watchers) {
    const newest = last.get(watcher.account) ?? 0;
    watcher.seen ??= newest;
    if (watcher.busy || watcher.seen >= newest) continue;
    const key = `${watcher.seen} ${watcher.account}`;
    behind.set(key, [...(behind.get(key) ?? []), watcher]);
  }
  for (const group of behind.values()) await feed(db, watchers, group);
}

async function feed(db: Database, watchers: Set<Watcher>, group: readonly Watcher[]): Promise<void> {
  const [{ account, seen = 0 }] = group as [Watcher];
  // Entries are numbered without gaps, so these are the next ones.
  const page = await readUsage(db, account, { after: seen, cursor: seen + BATCH + 1, limit: BATCH });
  const entries = [...page.entries].reverse();
  const newest = entries.at(-1)?.seq ?? seen;
  for (const watcher of group) {
    if (!watchers.has(watcher)) continue;
    watcher.seen = newest;
    watcher.busy = true;
    void Promise.resolve(entries)
      .then(watcher.onEntries)
      .catch(() => watchers.delete(watcher))
      .finally(() => {
        watcher.busy = false;
      });
  }
}
