import type { Database } from '../ledger/database';
import { type FeedEntry, type FeedKind, readFeed } from '../ledger/feed';
import type { AccountId } from '../ledger/ids';
import type { UsageFilter } from '../ledger/usage';

const COLUMNS = [
  ...(['seq', 'at', 'kind', 'amount', 'held', 'balance', 'generation', 'label', 'reason', 'message'] as const),
  ...(['user', 'campaign', 'metadata'] as const),
] as const;

/** What is in memory at a time: some 200 kB. */
const ENTRIES_AT_ONCE = 1_000;

/**
 * The account's feed as CSV (https://www.rfc-editor.org/rfc/rfc4180), newest first, in pieces: however many they are,
 * a piece of them is in memory. Read as far as the reader reads.
 */
export async function* csvLines(
  db: Database,
  account: AccountId,
  { kinds, ...filter }: Omit<UsageFilter, 'limit'> = {},
): AsyncGenerator<string> {
  yield `${COLUMNS.join(',')}\r\n`;
  for (let { cursor } = filter; ; ) {
    const page = await readFeed(db, account, {
      ...filter,
      // A charge's SETTLE is told with its RESERVE.
      kinds: kinds?.filter((kind): kind is FeedKind => kind !== 'SETTLE'),
      limit: ENTRIES_AT_ONCE,
      ...(cursor === undefined ? {} : { cursor }),
    });
    if (page.entries.length > 0) yield page.entries.map(line).join('');
    if (page.next === null) return;
    cursor = page.next;
  }
}

const line = (entry: FeedEntry) => `${COLUMNS.map((column) => cell(textOf(entry[column]))).join(',')}\r\n`;

/** Pairs are JSON; none are nothing. */
function textOf(value: FeedEntry[(typeof COLUMNS)[number]]): string | number | null {
  if (typeof value !== 'object' || value === null) return value;
  return Object.keys(value).length === 0 ? null : JSON.stringify(value);
}

/** Our own numbers are numbers; text that a spreadsheet would take for a formula gets an apostrophe in front of it. */
function cell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const harmless = /^[=+\-@\t\r\n]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** The pieces as the body of a response. */
export function bodyOf(pieces: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    async cancel() {
      await pieces.return(undefined);
    },
  });
}
