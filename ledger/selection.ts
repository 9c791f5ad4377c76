import { Prisma } from '../prisma/client/client';
import type { Database } from './database';
import { asLedgerError } from './failures';
import type { AccountId } from './ids';

/** Which generations: all that fit. */
export interface Selection {
  readonly generation?: string | undefined;
  /** The kind of work. */
  readonly kind?: string | undefined;
  readonly user?: string | undefined;
  readonly campaign?: string | undefined;
  /** Those that have all of these pairs. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** What holds of each generation that is selected, which the query calls `gen`; none where all are. */
export function selected({ generation, kind, user, campaign, metadata }: Selection): Prisma.Sql[] {
  return [
    ...(generation === undefined ? [] : [Prisma.sql`gen.id = ${generation}`]),
    ...(kind === undefined ? [] : [Prisma.sql`gen.kind = ${kind}`]),
    ...(user === undefined ? [] : [Prisma.sql`gen.user_id = ${user}`]),
    ...(campaign === undefined ? [] : [Prisma.sql`gen.campaign = ${campaign}`]),
    ...(metadata === undefined ? [] : [Prisma.sql`gen.metadata @> ${JSON.stringify(metadata)}::jsonb`]),
  ];
}

/** Entries between two others, of these kinds, the newest so many. */
export interface Wanted {
  readonly above: number;
  readonly below: number;
  readonly kinds: readonly string[] | undefined;
  readonly limit: number;
}

/** So many generations are looked up one by one; the entries of more are met soon, wherever one begins to read. */
const FEW = 10_000;

/** The entries of the selected generations, by `seq`, newest first: as fast for a rare user as for a frequent one. */
export async function seqsOf(db: Database, account: AccountId, selection: Selection, wanted: Wanted) {
  const conditions = Prisma.join([Prisma.sql`gen.account_id = ${account}`, ...selected(selection)], ' AND ');
  const { above, below, kinds, limit } = wanted;
  const ofKind = kinds ? Prisma.sql`AND entry.kind::text = ANY (${kinds})` : Prisma.empty;
  const few = Prisma.sql`SELECT account_id, id FROM ${db.schema}.generation AS gen WHERE ${conditions} LIMIT ${FEW + 1}`;
  try {
    const [found] = await db.$queryRaw<[{ count: number }]>`SELECT count(*)::integer AS count FROM (${few}) AS few`;
    const rows = await db.$queryRaw<{ seq: bigint }[]>(
      found.count <= FEW
        ? Prisma.sql`
            WITH few AS MATERIALIZED (${few})
            SELECT entry.seq FROM few
            JOIN ${db.schema}.reservation AS res ON res.account_id = few.account_id AND res.generation_id = few.id,
            LATERAL (VALUES (res.reserve_seq, 'RESERVE'),
                            (res.close_seq, CASE res.state WHEN 'SETTLED' THEN 'SETTLE' ELSE 'REFUND' END)) AS entry (seq, kind)
            WHERE entry.seq > ${above} AND entry.seq < ${below} ${ofKind}
            ORDER BY entry.seq DESC LIMIT ${limit}`
        : Prisma.sql`
            SELECT entry.seq FROM ${db.schema}.ledger_entry AS entry
            JOIN ${db.schema}.generation AS gen ON gen.account_id = entry.account_id AND gen.id = entry.generation_id
            WHERE entry.account_id = ${account} AND entry.seq > ${above} AND entry.seq < ${below} ${ofKind} AND ${conditions}
            ORDER BY entry.seq DESC LIMIT ${limit}`,
    );
    return rows.map(({ seq }) => seq);
  } catch (error) {
    throw asLedgerError(error);
  }
}
