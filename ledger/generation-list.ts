import { Prisma } from '../prisma/client/client';
import { type Attributed, attributedOf } from './attribution';
import type { Database } from './database';
import { asLedgerError } from './failures';
import type { AccountId, GenerationId } from './ids';
import { type Selection, selected } from './selection';
import { type Period, stretchOf } from './stretch';

/** What became of a generation that has held credits. */
export const LISTED_STATUSES = ['held', 'succeeded', 'refunded', 'cancelled'] as const;
export type ListedStatus = (typeof LISTED_STATUSES)[number];

/** A generation without its output and attempts: `readGeneration` has those. Amounts in credits. */
export interface ListedGeneration extends Attributed {
  readonly account: AccountId;
  readonly id: GenerationId;
  readonly kind: string;
  readonly label: string | null;
  readonly status: ListedStatus;
  /** Why it was refunded or cancelled. */
  readonly reason: string | null;
  readonly message: string | null;
  readonly charged: number;
  readonly refunded: number;
  readonly createdAt: Date;
  readonly erasedAt: Date | null;
}

/** `from` and `to` are of the moment at which credits were first held. */
export interface GenerationFilter extends Omit<Selection, 'generation'>, Period {
  readonly status?: ListedStatus | undefined;
  /** How many at most; 1 to 1000. */
  readonly limit?: number | undefined;
  /** The `next` of the page before. */
  readonly cursor?: number | undefined;
}

export interface GenerationPage {
  readonly generations: readonly ListedGeneration[];
  /** The cursor of the next, older page; null on the last. */
  readonly next: number | null;
}

/** A page of the account's generations, newest first by their first hold. Keyset-paged, as `readUsage` is. */
export async function readGenerations(
  db: Database,
  account: AccountId,
  filter: GenerationFilter = {},
): Promise<GenerationPage> {
  const { limit = 50, cursor } = filter;
  const { after = 0, before = Number.MAX_SAFE_INTEGER } = await stretchOf(db, account, filter);
  const below = Math.min(cursor ?? Number.MAX_SAFE_INTEGER, before);
  try {
    const found = await db.$queryRaw<{ id: string }[]>(idsQuery(db, account, filter, after, below, limit + 1));
    const rows = await db.generation.findMany({
      where: { accountId: account, id: { in: found.slice(0, limit).map(({ id }) => id) } },
      omit: { output: true },
      include: { reservations: { orderBy: { ordinal: 'asc' } } },
      orderBy: { firstSeq: 'desc' },
    });
    const next = found.length > limit ? Number(rows.at(-1)?.firstSeq) : null;
    return { generations: rows.map((row) => listed(db, account, row)), next };
  } catch (error) {
    throw asLedgerError(error);
  }
}

function idsQuery(
  { schema }: Database,
  account: AccountId,
  { status, ...filter }: GenerationFilter,
  above: number,
  below: number,
  limit: number,
): Prisma.Sql {
  const conditions = Prisma.join(
    [Prisma.sql`gen.account_id = ${account}`, ...selected(filter), ...(status ? STATUS[status](schema, account) : [])],
    ' AND ',
  );
  // Users, campaigns and holds have an index; the others are read in the order of the entries that began them.
  if (filter.user !== undefined || filter.campaign !== undefined || status === 'held') {
    return Prisma.sql`SELECT gen.id FROM ${schema}.generation AS gen
      WHERE ${conditions} AND first_seq > ${above} AND first_seq < ${below} ORDER BY first_seq DESC LIMIT ${limit}`;
  }
  return Prisma.sql`SELECT gen.id FROM ${schema}.ledger_entry AS entry
    JOIN ${schema}.generation AS gen ON gen.account_id = entry.account_id AND gen.id = entry.generation_id
    WHERE entry.account_id = ${account} AND entry.seq > ${above} AND entry.seq < ${below} AND entry.kind = 'RESERVE'
      AND entry.ordinal = 1 AND ${conditions} ORDER BY entry.seq DESC LIMIT ${limit}`;
}

const newestReason = (schema: Prisma.Sql) => Prisma.sql`(
  SELECT reason FROM ${schema}.reservation AS res WHERE res.account_id = gen.account_id AND res.generation_id = gen.id
  ORDER BY ordinal DESC LIMIT 1)`;

const STATUS: Record<ListedStatus, (schema: Prisma.Sql, account: AccountId) => Prisma.Sql[]> = {
  held: (schema, account) => [
    Prisma.sql`gen.id = ANY (ARRAY(SELECT generation_id::text FROM ${schema}.hold WHERE account_id = ${account}))`,
  ],
  succeeded: () => [Prisma.sql`gen.status = 'SUCCEEDED'`],
  refunded: (schema) => [Prisma.sql`gen.status = 'REFUNDED'`, Prisma.sql`${newestReason(schema)} <> 'CANCELLED'`],
  cancelled: (schema) => [Prisma.sql`gen.status = 'REFUNDED'`, Prisma.sql`${newestReason(schema)} = 'CANCELLED'`],
};

type Row = Awaited<ReturnType<Database['generation']['findMany']>>[number];
type Held = Awaited<ReturnType<Database['reservation']['findMany']>>;

function listed(db: Database, account: AccountId, row: Omit<Row, 'output'> & { reservations: Held }): ListedGeneration {
  const { id, kind, label, status, createdAt, erasedAt, reservations } = row;
  const last = reservations.at(-1);
  const sum = (of: Held) => of.reduce((total, { amount, cost }) => total + Number(cost ?? amount), 0);
  const given = last?.reason === 'CANCELLED' ? 'cancelled' : 'refunded';
  return {
    account,
    id: id as GenerationId,
    kind,
    label: label && db.texts.readLabel(label, { account, generation: id as GenerationId }),
    status: status === 'RESERVED' ? 'held' : status === 'SUCCEEDED' ? 'succeeded' : given,
    ...attributedOf(row),
    reason: last?.reason ?? null,
    message: last?.message ?? null,
    charged: sum(reservations),
    refunded: sum(reservations.filter(({ state }) => state === 'REFUNDED')),
    createdAt,
    erasedAt,
  };
}
