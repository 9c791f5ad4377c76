import type { Database } from '../database';
import { accountsAfter, type Due, inGroups, strayEntries } from './accounts';
import { lookAtEntries, PIECE } from './entries';
import type { Findings } from './findings';
import { lookAtGenerations, lookAtTouched } from './generations';
import type { Head, Marks } from './marks';
import { inSnapshot } from './snapshot';

// Through the whole ledger look by look, each in a snapshot of its own: memory and transactions stay small.

/** Accounts in one look: as many as a message to the database carries with ease. */
const ACCOUNTS = 5_000;

/** Looks at the entries of all accounts; where it is not a full audit at those that have moved, and at what moved. */
export async function eachAccount(db: Database, findings: Findings, { full, marks }: { full: boolean; marks?: Marks }) {
  const auditor = marks?.auditor ?? '';
  for (let after: string | undefined = ''; after !== undefined; ) {
    const from: string = after;
    const { due, last } = await inSnapshot(db, true, (tx) => accountsAfter(tx, from, { auditor, full }));
    for (const group of inGroups(due, PIECE, ACCOUNTS)) await lookAtGroup(db, findings, group, full, marks);
    if (full) {
      const stray = await inSnapshot(db, true, (tx) => strayEntries(tx, from, last));
      const message = 'there are entries of it, and no such account';
      findings.add(
        'entries have their account',
        due.length,
        stray.map(({ account }) => ({ account, message })),
      );
    }
    after = last;
  }
}

async function lookAtGroup(db: Database, findings: Findings, group: Due[], full: boolean, marks?: Marks) {
  const marked = new Map(group.map(({ begin, mark }) => [begin.account, mark]));
  const moved = (head: Head) =>
    head.seq !== marked.get(head.account)?.seq || head.head !== marked.get(head.account)?.head;
  for (let due = group.map(({ begin }) => begin); due.length > 0; ) {
    const reached = await inSnapshot(db, true, async (tx) => {
      const heads = await lookAtEntries(tx, findings, due);
      const begins = new Map(due.map(({ account, seq }) => [account, seq]));
      const touched = heads.map(({ account, seq }) => ({ account, seq: begins.get(account) ?? 0, reached: seq }));
      if (!full) await lookAtTouched(tx, findings, touched);
      return heads;
    });
    await marks?.add(reached.filter(({ more }) => !more).filter(moved));
    due = reached.filter(({ more }) => more).map((head) => ({ ...head, anchor: null }));
  }
}

/** Looks at all generations, and at what bears the key of none. */
export async function eachGeneration(db: Database, findings: Findings): Promise<void> {
  for (let after: readonly [string, string] | null = ['', '']; after !== null; ) {
    const from: readonly [string, string] = after;
    after = await inSnapshot(db, true, (tx) => lookAtGenerations(tx, findings, from));
  }
}
