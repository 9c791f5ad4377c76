import { Prisma } from '../prisma/client/client';
import type { Database } from './database';
import { asLedgerError } from './failures';
import type { AccountId, ExecutionId, GenerationId, RunId } from './ids';

/** Credits that are held now, and by whom. */
export interface OpenReservation {
  readonly account: AccountId;
  readonly generation: GenerationId;
  readonly execution: ExecutionId;
  /** The run that holds. */
  readonly holder: RunId;
  readonly workflowId: string;
  readonly amount: number;
  /** By the database's clock. */
  readonly heldMs: number;
}

/** A page is described in Temporal as a whole before any of it is refunded. */
const PAGE = 200;

/** The reservations of a Temporal namespace (by its UUID) held for longer than `olderThanMs`, in pages: any number will do. */
export async function* openReservations(
  db: Database,
  namespace: string,
  olderThanMs: number,
): AsyncGenerator<OpenReservation[]> {
  for (let last: OpenReservation | undefined; ; ) {
    const page = await holdsAfter(db, namespace, olderThanMs, last, PAGE);
    last = page.at(-1);
    if (!last) return;
    yield page;
    if (page.length < PAGE) return;
  }
}

/** The next of them behind `after` (none: from the first), at most `limit`, account by account. */
export const holdsAfter = (
  db: Database,
  namespace: string,
  olderThanMs: number,
  after: { readonly account: string; readonly generation: string } | undefined,
  limit: number,
): Promise<OpenReservation[]> =>
  rows(
    db,
    Prisma.sql`${held(db)} WHERE h.namespace = ${namespace}::uuid
        AND (h.account_id, h.generation_id) > (${after?.account ?? ''}, ${after?.generation ?? ''})
        AND h.reserved_at <= clock_timestamp() - ${olderThanMs}::float8 * interval '1 millisecond'
      ORDER BY h.account_id, h.generation_id LIMIT ${limit}`,
  );

/** What these generations hold: of most that have ended, nothing. */
export function holdsOf(
  db: Database,
  namespace: string,
  generations: readonly { readonly account: string; readonly generation: string }[],
): Promise<OpenReservation[]> {
  const accounts = generations.map(({ account }) => account);
  const ids = generations.map(({ generation }) => generation);
  return rows(
    db,
    Prisma.sql`${held(db)} JOIN unnest(${accounts}::text[], ${ids}::text[]) AS named (account, generation)
        ON h.account_id = named.account AND h.generation_id = named.generation
      WHERE h.namespace = ${namespace}::uuid`,
  );
}

const held = (
  db: Database,
) => Prisma.sql`SELECT h.account_id AS account, h.generation_id AS generation, r.execution_id AS execution,
    r.holder_run AS holder, g.workflow_id AS "workflowId", r.amount::float8 AS amount,
    (extract(epoch FROM clock_timestamp() - h.reserved_at) * 1000)::float8 AS "heldMs"
  FROM ${db.schema}.hold h JOIN ${db.schema}.reservation r USING (account_id, generation_id, ordinal)
  JOIN ${db.schema}.generation g ON g.account_id = h.account_id AND g.id = h.generation_id`;

/** What is held, by how long: the reservations and their credits of one namespace. */
export interface HeldByAge {
  /** The upper bound of the age in seconds; Infinity for the last. */
  readonly under: number;
  readonly reservations: number;
  readonly credits: number;
}

/** What the namespace holds by age, split at the ages given (in seconds, ascending). Every age is there, also at 0. */
export async function heldByAge(db: Database, namespace: string, ages: readonly number[]): Promise<HeldByAge[]> {
  const found = await rows<{ age: number; reservations: number; credits: number }>(
    db,
    Prisma.sql`SELECT
        width_bucket(extract(epoch FROM clock_timestamp() - h.reserved_at)::float8, ${[...ages]}::float8[]) AS age,
        count(*)::float8 AS reservations, sum(r.amount)::float8 AS credits
      FROM ${db.schema}.hold h JOIN ${db.schema}.reservation r USING (account_id, generation_id, ordinal)
      WHERE h.namespace = ${namespace}::uuid GROUP BY 1`,
  );
  return [...ages, Number.POSITIVE_INFINITY].map((under, age) => {
    const { reservations = 0, credits = 0 } = found.find((row) => row.age === age) ?? {};
    return { under, reservations, credits };
  });
}

/** What other namespaces hold: another Temporal that works on this ledger, or one that is lost. */
export interface ForeignHold {
  readonly namespace: string;
  readonly reservations: number;
  readonly credits: number;
  /** The newest of them: one that was made just now belongs to a Temporal that lives. */
  readonly newest: Date;
}

export const foreignHolds = (db: Database, namespace: string): Promise<ForeignHold[]> =>
  rows(
    db,
    Prisma.sql`SELECT h.namespace, count(*)::float8 AS reservations, sum(r.amount)::float8 AS credits,
        max(h.reserved_at) AS newest
      FROM ${db.schema}.hold h JOIN ${db.schema}.reservation r USING (account_id, generation_id, ordinal)
      WHERE h.namespace <> ${namespace}::uuid GROUP BY 1 ORDER BY 1`,
  );

async function rows<T>(db: Database, query: Prisma.Sql): Promise<T[]> {
  try {
    return await db.$queryRaw<T[]>(query);
  } catch (error) {
    throw asLedgerError(error);
  }
}
