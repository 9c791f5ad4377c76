import { said } from './attribution';
import type { Database } from './database';
import type { TextOwner } from './encryption';
import type { AccountId } from './ids';
import type {
  AdjustOutcome,
  GenerationRun,
  GrantOutcome,
  NotNewest,
  RefundOutcome,
  Reservation,
  ReserveOutcome,
  SettleOutcome,
  SweepOutcome,
} from './outcomes';
import type { Reason } from './reasons';
import { clip } from './text';

// The typed face of the SQL functions (prisma/migrations/*_moves). Each call is one round trip and one commit, is
// idempotent, and may be repeated after a lost answer. They throw MakegoodError (POSTGRES_UNREACHABLE,
// MIGRATIONS_MISSING) or LedgerRefusal, for data that Postgres will never take.

/** As long as the column's reader shows: a sentence or two. */
const MESSAGE_LENGTH = 500;

/**
 * Holds `price` credits for the generation, or says why not. `proven`: Temporal says that this run is its newest, so a
 * hold of an older one passes to it.
 */
export const reserve = async (
  db: Database,
  { account, generation, execution, run }: GenerationRun,
  what: Reservation,
  proven = false,
): Promise<ReserveOutcome | NotNewest> => {
  const { price, kind, inputHash, workflowId, namespace, after = 0, retryKey } = what;
  const label = db.texts.encryptLabel(what.label, { account, generation });
  const work = { price, kind, label, inputHash, workflowId, namespace, after, retryKey, ...said(what) };
  const move = { do: 'reserve', account, generation, execution, run, proven, ...work } as const;
  return decrypted(db, { account, generation }, await db.moves.make<ReserveOutcome | NotNewest>(move));
};

/**
 * Charges what is held, or `cost` credits of it and gives the rest back, and stores the output, in one transaction. The
 * first output wins. Only for the run that holds.
 */
export async function settle(
  db: Database,
  { account, generation, run }: GenerationRun,
  output: unknown,
  cost?: number,
): Promise<SettleOutcome> {
  const stored = db.texts.encryptOutput(output, { account, generation });
  const settled = await db.moves.make<SettleOutcome>({ do: 'settle', account, generation, run, output: stored, cost });
  return settled.outcome === 'settled' ? { ...settled, output } : decrypted(db, { account, generation }, settled);
}

/** Gives back what the reservation holds, never an amount from the caller, and closes the run. */
export const refund = async (
  db: Database,
  { account, generation, run }: GenerationRun,
  { code, message }: Reason,
  proven = false,
): Promise<RefundOutcome | NotNewest> => {
  const why = { reason: code, message: clip(message, MESSAGE_LENGTH) };
  const move = { do: 'refund', account, generation, run, proven, ...why } as const;
  return decrypted(db, { account, generation }, await db.moves.make<RefundOutcome | NotNewest>(move));
};

/** What was delivered before, as it was. Throws UNKNOWN_ENCRYPTION_KEY, NOT_DECRYPTED: asked again with the key, it answers. */
function decrypted<Outcome extends { outcome: string }>(db: Database, of: TextOwner, found: Outcome): Outcome {
  if (!('output' in found)) return found;
  return { ...found, output: db.texts.decryptOutput(found.output, of) };
}

/** A hold whose workflow was seen closed (its newest run) or gone (null). */
export interface DeadHold {
  readonly generation: string;
  /** The run that held when it was read: if another holds by now, nothing is done. */
  readonly holder: string;
  readonly newest: string | null;
  readonly reason: Reason;
}

/**
 * Gives back what one account holds for workflows that are closed or gone: an outcome for each, in one commit. Does not
 * wait for an account that somebody else has locked (100 ms): others have dead holds, too.
 */
export const sweepAccount = (
  db: Database,
  account: AccountId,
  namespace: string,
  holds: readonly DeadHold[],
): Promise<SweepOutcome[]> =>
  db.moves.askOnce('sweep', [
    account,
    namespace,
    JSON.stringify(holds.map(({ reason, ...hold }) => ({ ...hold, reason: reason.code, message: reason.message }))),
  ]);

/** Adds `amount` credits; creates the account. The same key twice grants once. */
export const grant = (
  db: Database,
  account: AccountId,
  amount: number,
  key: string,
  message: string | null,
): Promise<GrantOutcome> => db.moves.ask('grant_credits', [account, amount, key, message]);

/** Corrects a balance by `amount` credits, up or down, never below zero. The same key twice adjusts once. */
export const adjust = (
  db: Database,
  account: AccountId,
  amount: number,
  key: string,
  message: string,
): Promise<AdjustOutcome> => db.moves.ask('adjust', [account, amount, key, message]);

/** A worker's word that it sweeps this Temporal namespace (its UUID): reservations of any other are refused. */
export const registerNamespace = (db: Database, namespace: string): Promise<void> =>
  db.moves.ask('register_namespace', [namespace]);
