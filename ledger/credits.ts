import type { Database } from './database';
import { asLedgerError } from './failures';
import type { AccountId } from './ids';
import type {
  GenerationRun,
  GrantOutcome,
  RefundOutcome,
  Reservation,
  ReserveOutcome,
  SettleOutcome,
} from './outcomes';
import type { Reason } from './reasons';
import { clip } from './text';

// The typed face of the SQL functions (prisma/migrations/*_credits). Each call is one round trip and one commit, is
// idempotent, and may be repeated after a lost answer. They throw MakegoodError (POSTGRES_UNREACHABLE,
// MIGRATIONS_MISSING) or LedgerRefusal, for data that Postgres will never take.

// Amounts go as text: Postgres itself then refuses what is no whole number, as it refuses all else.

/** As long as the column's reader shows: a sentence or two. */
const MESSAGE_LENGTH = 500;

/** Holds `price` credits for the generation, or says why not. Adopts the hold of a try whose workflow is gone. */
export const reserve = (db: Database, generationRun: GenerationRun, what: Reservation): Promise<ReserveOutcome> =>
  answer(db.$queryRaw`SELECT makegood_reserve(
    ${generationRun.account}, ${generationRun.generation}, ${generationRun.execution}, ${generationRun.run}, ${String(what.price)}::bigint,
    ${what.kind}, ${what.label}, ${what.inputHash}, ${what.workflowId}, ${what.namespace},
    ${what.after ?? 0}::integer) AS answer`);

/** Charges what is held and stores the draft, in one transaction. The first draft wins. */
export const settle = (db: Database, generationRun: GenerationRun, output: unknown): Promise<SettleOutcome> =>
  answer(db.$queryRaw`SELECT makegood_settle(
    ${generationRun.account}, ${generationRun.generation}, ${generationRun.execution}, ${generationRun.run}, ${JSON.stringify(output)}::jsonb) AS answer`);

/** Gives back what the reservation holds, never an amount from the caller, and closes the run. */
export const refund = (db: Database, generationRun: GenerationRun, reason: Reason): Promise<RefundOutcome> =>
  answer(db.$queryRaw`SELECT makegood_refund(
    ${generationRun.account}, ${generationRun.generation}, ${generationRun.execution}, ${generationRun.run},
    ${reason.code}, ${clip(reason.message, MESSAGE_LENGTH)}) AS answer`);

/** Adds `amount` credits; creates the account. The same key twice grants once. */
export const grant = (
  db: Database,
  account: AccountId,
  amount: number,
  key: string,
  message: string | null,
): Promise<GrantOutcome> =>
  answer(db.$queryRaw`SELECT makegood_grant(
    ${account}, ${String(amount)}::bigint, ${key}, ${message}) AS answer`);

async function answer<T>(query: Promise<unknown>): Promise<T> {
  try {
    const [row] = (await query) as [{ answer: T }];
    return row.answer;
  } catch (error) {
    throw asLedgerError(error);
  }
}
