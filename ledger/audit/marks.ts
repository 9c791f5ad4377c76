import { randomUUID } from 'node:crypto';
import type { Database } from '../database';
import { asLedgerError } from '../failures';
import { inSnapshot, type Snapshot } from './snapshot';

// How far an auditor has verified, and how it knows that nobody has changed that.
//
// An entry's hash stands for all before it, so to know an account's past it is enough to know the hash of one entry.
// Whoever owns the database can forge entries and compute the chain anew, and would then have other hashes than those
// that an auditor has seen. So these must lie where he can't write: in the history of the audit's workflow, or in a file.
// A million of them are too much for a history. They stay in the database (audit_mark), and outside is their digest
// (the root), of a few dozen bytes. Whoever forges an account has to change its mark, else it no longer fits its entries;
// and then the root no longer fits the marks.
//
// The order of things survives a death at any moment: the marks of an audit are pending until the next one is given
// their root, which shows that it was kept. Those of an audit that died, or whose answer was lost, are dropped.

/** An account up to one of its entries: its number and hash, and the sums up to it. Hashes are in hexadecimal. */
export interface Head {
  readonly account: string;
  /** What the chain begins with. It is the account's own for ever, whatever its id. */
  readonly genesis: string;
  /** 0 where there is no entry, and then `head` is the genesis. */
  readonly seq: number;
  readonly head: string;
  readonly balance: number;
  readonly held: number;
}

/** What is kept outside of the database: a few dozen bytes, however large the ledger is. */
export interface Anchor {
  /** The id of the audit that has left it. */
  readonly audit: string;
  readonly at: string;
  /** The digest of the marks of all accounts. */
  readonly root: string;
  readonly accounts: number;
  /** Audits since the last full one, that one included. */
  readonly audits: number;
  /** The logins that have a role of ours, in words. */
  readonly members: readonly string[];
}

export type Root = Pick<Anchor, 'root' | 'accounts'>;

/**
 * The digest of all marks of an auditor, as they are or as they will be with those of `audit`. Of 256 parts, by the first
 * byte of the genesis, so that none is too long for one value.
 */
const ROOT = `
  WITH mark AS (
    SELECT genesis, seq, head, balance, held FROM audit_mark_pending WHERE auditor = $1 AND audit = $2::uuid
    UNION ALL
    SELECT genesis, seq, head, balance, held FROM audit_mark AS mark WHERE auditor = $1 AND NOT EXISTS (
      SELECT FROM audit_mark_pending AS newer
       WHERE newer.auditor = $1 AND newer.audit = $2::uuid AND newer.account_id = mark.account_id)
  ), part AS (
    SELECT get_byte(genesis, 0) AS part, count(*) AS accounts,
           sha256(string_agg(genesis || int8send(seq) || head || int8send(balance) || int8send(held), ''
                             ORDER BY genesis)) AS digest
      FROM mark GROUP BY 1
  )
  SELECT coalesce(encode(sha256(string_agg(digest, '' ORDER BY part)), 'hex'), '') AS root,
         coalesce(sum(accounts), 0)::float8 AS accounts FROM part`;

const NONE = '00000000-0000-0000-0000-000000000000';

/** The marks of one auditor, in one audit. */
export class Marks {
  readonly audit = randomUUID();

  constructor(
    private readonly db: Database,
    readonly auditor: string,
  ) {}

  /** Makes the marks count of which the anchor tells, and forgets all others; without one, all. Answers their root. */
  async begin(anchor: Pick<Anchor, 'audit'> | undefined): Promise<Root> {
    await this.confirm(anchor?.audit ?? null);
    return this.root(NONE);
  }

  async confirm(audit: string | null): Promise<void> {
    const { db, auditor } = this;
    for (let done = false; !done; ) {
      const [row] = await db.$queryRaw<[{ done: boolean }]>`
        SELECT ${db.schema}.confirm_marks(${auditor}, ${audit}::uuid) AS done`.catch(refused);
      done = row.done;
    }
  }

  /** For when the root of `audit` is known to be kept: see `begin`. */
  async add(heads: readonly Head[], audit: string = this.audit): Promise<void> {
    if (heads.length === 0) return;
    const { db, auditor } = this;
    const marks = JSON.stringify(heads);
    await db.$queryRaw`SELECT ${db.schema}.add_marks(${auditor}, ${audit}::uuid, ${marks}::jsonb)::text`.catch(refused);
  }

  /** As it will be once this audit's marks count. */
  root(audit = this.audit): Promise<Root> {
    return inSnapshot(this.db, false, async (tx) => {
      const [row] = await tx.$queryRawUnsafe<[Root]>(ROOT, this.auditor, audit);
      return row;
    });
  }

  /** Accounts that were there and are gone, or are others under the same id: at most so many. */
  vanished(tx: Snapshot, limit: number): Promise<{ account: string; seq: number }[]> {
    return tx.$queryRawUnsafe(
      `SELECT mark.account_id AS account, seq::float8 AS seq
         FROM audit_mark AS mark LEFT JOIN account ON account.id = mark.account_id
        WHERE auditor = $1 AND account.genesis IS DISTINCT FROM mark.genesis ORDER BY 1 LIMIT ${limit}`,
      this.auditor,
    );
  }

  /** All marks that count, in pages. */
  async *all(): AsyncGenerator<Head[]> {
    for (let last = ''; ; ) {
      const page = await inSnapshot(this.db, false, (tx) =>
        tx.$queryRawUnsafe<Head[]>(
          `SELECT account_id AS account, encode(genesis, 'hex') AS genesis, seq::float8 AS seq,
                  encode(head, 'hex') AS head, balance::float8 AS balance, held::float8 AS held
             FROM audit_mark WHERE auditor = $1 AND account_id > $2 ORDER BY account_id LIMIT 5000`,
          this.auditor,
          last,
        ),
      );
      if (page.length === 0) return;
      yield page;
      last = page.at(-1)?.account ?? '';
    }
  }
}

const refused = (error: unknown): never => {
  throw asLedgerError(error);
};
