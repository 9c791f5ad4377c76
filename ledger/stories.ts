import type { Database } from './database';
import { FIELD, type TextOwner } from './encryption';
import { asLedgerError } from './failures';
import type { Attempt } from './generations';
import type { AccountId } from './ids';

/** One charge of a generation: held, and then charged for good or given back. */
export interface Charge {
  readonly ordinal: number;
  readonly amount: number;
  /** What a settled one was charged: at most what was held. */
  readonly cost: number | null;
  readonly state: 'RESERVED' | 'SETTLED' | 'REFUNDED';
  readonly reservedAt: Date;
  readonly closedAt: Date | null;
  /** The `seq` of its RESERVE entry, and of its REFUND where it has one. */
  readonly chargeSeq: number;
  readonly refundSeq: number | null;
  /** The sentence for the customer, of a refund. */
  readonly message: string | null;
  /** Whether the work has several steps, each of which is tried by itself, as far as its failures tell. */
  readonly stepped: boolean;
  /** The failed attempts made for it, oldest first. */
  readonly failures: readonly Omit<Attempt, 'run' | 'ordinal'>[];
}

/** What became of a generation, without its draft's text. */
export interface Story {
  readonly generation: string;
  readonly kind: string;
  /** The draft's subject, where it has one. */
  readonly subject: string | null;
  readonly charges: readonly Charge[];
}

/** Nothing where it is not encrypted, or can't be decrypted here. */
function subjectIn(db: Database, encrypted: unknown, of: TextOwner): string | null {
  const { subject } = (db.texts.readOutput(encrypted, of) ?? {}) as { subject?: string };
  return subject ?? null;
}

/** The stories of these generations, by id: two round trips, however many they are. */
export async function readStories(
  db: Database,
  account: AccountId,
  generations: readonly string[],
): Promise<ReadonlyMap<string, Story>> {
  if (generations.length === 0) return new Map();
  const ids = [...new Set(generations)];
  try {
    const [rows, subjects] = await Promise.all([
      db.generation.findMany({
        where: { accountId: account, id: { in: ids } },
        select: {
          id: true,
          kind: true,
          attempts: { orderBy: [{ at: 'asc' }, { number: 'asc' }] },
          reservations: {
            orderBy: { ordinal: 'asc' },
          },
        },
      }),
      // Drafts may be long: only this much of each leaves the database, unless it is encrypted.
      db.$queryRaw<{ id: string; subject: string | null; encrypted: unknown }[]>`
        SELECT id, left(output->>'subject', 300) AS subject,
               CASE WHEN jsonb_exists(output, ${FIELD}) THEN output END AS encrypted
        FROM ${db.schema}.generation WHERE account_id = ${account} AND id = ANY(${ids}) AND output IS NOT NULL`,
    ]);
    const subjectOf = new Map(
      subjects.map(({ id, subject, encrypted }) => [
        id,
        subject ?? subjectIn(db, encrypted, { account, generation: id }),
      ]),
    );
    const stories = rows.map(({ id, kind, attempts, reservations }): Story => {
      const charges = reservations.map(
        ({ ordinal, amount, cost, state, reservedAt, closedAt, reserveSeq, closeSeq, message }): Charge => {
          return {
            ordinal,
            amount: Number(amount),
            cost: cost === null ? null : Number(cost),
            state,
            reservedAt,
            closedAt,
            chargeSeq: Number(reserveSeq),
            refundSeq: state === 'REFUNDED' ? Number(closeSeq) : null,
            message,
            stepped: attempts.some(({ step }) => step !== kind),
            failures: attempts
              .filter((attempt) => attempt.ordinal === ordinal)
              .map(({ step, number, at, reason, message, providerStatus }) => ({
                step,
                number,
                at,
                reason,
                message,
                providerStatus,
              })),
          };
        },
      );
      return { generation: id, kind, subject: subjectOf.get(id) ?? null, charges };
    });
    return new Map(stories.map((story) => [story.generation, story]));
  } catch (error) {
    throw asLedgerError(error);
  }
}
