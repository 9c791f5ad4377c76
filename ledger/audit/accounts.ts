import type { Begin } from './entries';
import type { Head } from './marks';
import type { Snapshot } from './snapshot';

/** An account that is to be looked at, from where it begins. */
export interface Due {
  readonly begin: Begin;
  /** How many entries it has beyond. */
  readonly entries: number;
  /** What is already marked. */
  readonly mark: Omit<Head, 'account'> | null;
}

/** So many accounts are read at a time. */
const PAGE = 10_000;

/**
 * The next accounts after one, in the order of their ids: all of them from their first entry on, or (`full` is false)
 * only those that have changed since they were marked, from there on. `last` is undefined at the end.
 */
export async function accountsAfter(
  tx: Snapshot,
  after: string,
  { auditor, full }: { readonly auditor: string; readonly full: boolean },
): Promise<{ due: Due[]; last: string | undefined }> {
  const rows = await tx.$queryRawUnsafe<Row[]>(
    `SELECT a.id AS account, encode(a.genesis, 'hex') AS genesis, a.last_seq::float8 AS "lastSeq",
            a.last_seq = m.seq AND a.head = m.head AND a.balance = m.balance AND a.held = m.held AS unchanged,
            coalesce(e.hash, a.genesis) = m.head AS "isOn",
            CASE WHEN m.auditor IS NOT NULL THEN jsonb_build_object(
              'genesis', encode(m.genesis, 'hex'), 'seq', m.seq, 'head', encode(m.head, 'hex'), 'balance', m.balance,
              'held', m.held) END AS mark
       FROM account AS a LEFT JOIN audit_mark AS m
         ON m.auditor = $1 AND m.account_id = a.id AND m.genesis = a.genesis
       LEFT JOIN ledger_entry AS e ON e.account_id = a.id AND e.seq = m.seq
      WHERE a.id > $2 ORDER BY a.id LIMIT ${PAGE}`,
    auditor,
    after,
  );
  const due = rows
    .filter(({ unchanged, isOn }) => full || !unchanged || !isOn)
    .map(({ account, genesis, lastSeq, mark, isOn }): Due => {
      const start = full || !mark || !isOn ? { genesis, seq: 0, head: genesis, balance: 0, held: 0 } : mark;
      const anchor = mark && { seq: mark.seq, head: mark.head };
      return { begin: { account, ...start, anchor }, entries: Math.max(0, lastSeq - start.seq), mark };
    });
  return { due, last: rows.length < PAGE ? undefined : rows.at(-1)?.account };
}

interface Row {
  readonly account: string;
  readonly genesis: string;
  readonly lastSeq: number;
  readonly unchanged: boolean | null;
  /** The mark is still on the chain: one that is not is no beginning. */
  readonly isOn: boolean | null;
  readonly mark: Omit<Head, 'account'> | null;
}

/** Cuts accounts into groups that have about so many entries, or so many accounts; one that has more is a group. */
export function* inGroups(due: readonly Due[], entries: number, accounts: number): Generator<Due[]> {
  let group: Due[] = [];
  let sum = 0;
  for (const one of due) {
    if (group.length > 0 && (sum + one.entries > entries || group.length >= accounts)) {
      yield group;
      [group, sum] = [[], 0];
    }
    group.push(one);
    sum += one.entries;
  }
  if (group.length > 0) yield group;
}

/** Entries of accounts that are not there, among the ids after one and up to another; undefined: to the end. */
export function strayEntries(tx: Snapshot, after: string, to: string | undefined): Promise<{ account: string }[]> {
  const range = (from: string) =>
    `account_id > ${from} ${to === undefined ? '' : 'AND account_id <= $2'} ORDER BY account_id LIMIT 1`;
  return tx.$queryRawUnsafe(
    // From one account to the next by the primary key, instead of through all entries.
    `WITH RECURSIVE named AS (
       (SELECT account_id::text FROM ledger_entry WHERE ${range('$1')})
       UNION ALL
       SELECT (SELECT e.account_id::text FROM ledger_entry AS e WHERE e.${range('named.account_id')}) FROM named
        WHERE named.account_id IS NOT NULL)
     SELECT account_id AS account FROM named
      WHERE account_id IS NOT NULL AND NOT EXISTS (SELECT FROM account WHERE account.id = account_id) LIMIT 101`,
    ...(to === undefined ? [after] : [after, to]),
  );
}
