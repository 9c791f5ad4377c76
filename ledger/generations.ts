import { type Attributed, attributedOf } from './attribution';
import type { Database } from './database';
import { asLedgerError } from './failures';
import type { AccountId, ExecutionId, GenerationId } from './ids';

/** Where the credits of a generation are: held, charged for a draft, or given back. */
export type GenerationStatus = 'RESERVED' | 'SUCCEEDED' | 'REFUNDED';

export interface Attempt {
  readonly run: string;
  /** Of the work: the kind's own name where it has one step only. Each step is numbered by itself. */
  readonly step: string;
  readonly number: number;
  /** The reservation it was made for. */
  readonly ordinal: number;
  readonly at: Date;
  readonly reason: string;
  readonly message: string;
  readonly providerStatus: number | null;
}

/** Credits held once for the generation; one refunded and retried has several. */
export interface ReservationRecord {
  readonly ordinal: number;
  readonly amount: number;
  readonly state: 'RESERVED' | 'SETTLED' | 'REFUNDED';
  /** What a settled one was charged: at most `amount`. */
  readonly cost: number | null;
  readonly reason: string | null;
  /** The sentence for the customer, of a refund. */
  readonly message: string | null;
  /** Of a retry: the caller's own key for it. */
  readonly retryKey: string | null;
  readonly reservedAt: Date;
  readonly closedAt: Date | null;
}

/**
 * All that the ledger knows of a generation. `output` is there exactly when it SUCCEEDED, until it is erased; take it by
 * `readable` where it may be encrypted under a key that is not here.
 */
export interface GenerationRecord extends Attributed {
  readonly account: AccountId;
  readonly id: GenerationId;
  readonly kind: string;
  /** The texts are null once they have been erased. */
  readonly label: string | null;
  /** Keyed by the installation: compare it by `hasInput`. */
  readonly inputHash: string | null;
  readonly status: GenerationStatus;
  readonly output: unknown;
  readonly workflowId: string;
  /** The execution that holds its newest reservation, or held it last. */
  readonly newestExecution: ExecutionId;
  readonly createdAt: Date;
  /** When its texts were erased: label, input's hash, output, attribution, messages; null for most. */
  readonly erasedAt: Date | null;
  readonly reservations: readonly ReservationRecord[];
  /** The failed attempts, oldest first. */
  readonly attempts: readonly Attempt[];
}

/** A generation and its reservations are read one after the other: what moves in between is read again, so often. */
const READS = 10;
const STATE_OF = { RESERVED: 'RESERVED', SUCCEEDED: 'SETTLED', REFUNDED: 'REFUNDED' } as const;

/** Nothing where the account has no generation of this id: unknown, not yet held, or turned away. */
export async function readGeneration(
  db: Database,
  account: AccountId,
  id: GenerationId,
): Promise<GenerationRecord | undefined> {
  let row = await readRow(db, account, id);
  for (let reads = 1; row && row.reservations.at(-1)?.state !== STATE_OF[row.status] && reads < READS; reads++) {
    row = await readRow(db, account, id);
  }
  if (!row) return undefined;
  const { kind, inputHash, status, workflowId, createdAt, erasedAt } = row;
  const of = { account, generation: id };
  return {
    account,
    id,
    kind,
    label: row.label && db.texts.readLabel(row.label, of),
    inputHash,
    status,
    output: db.texts.readOutput(row.output, of),
    workflowId,
    ...attributedOf(row),
    newestExecution: row.reservations.at(-1)?.executionId as ExecutionId,
    createdAt,
    erasedAt,
    reservations: row.reservations.map(
      ({ ordinal, amount, state, cost, reason, message, retryKey, reservedAt, closedAt }) => ({
        ...{ ordinal, amount: Number(amount), state, cost: cost === null ? null : Number(cost) },
        ...{ reason, message, retryKey, reservedAt, closedAt },
      }),
    ),
    attempts: row.attempts.map(({ runId, step, number, ordinal, at, reason, message, providerStatus }) => ({
      run: runId,
      step,
      number,
      ordinal,
      at,
      reason,
      message,
      providerStatus,
    })),
  };
}

function readRow(db: Database, account: AccountId, id: GenerationId) {
  return db.generation
    .findUnique({
      where: { accountId_id: { accountId: account, id } },
      include: {
        reservations: { orderBy: { ordinal: 'asc' } },
        attempts: { orderBy: [{ at: 'asc' }, { number: 'asc' }] },
      },
    })
    .catch((error) => {
      throw asLedgerError(error);
    });
}

/** Whether the generation was made for the input of this hash (`hashOf`); never, once it has been erased. */
export async function hasInput(db: Database, { inputHash }: GenerationRecord, hash: string): Promise<boolean> {
  return (await db.moves.ask('keyed_hash', [hash])) === inputHash;
}
