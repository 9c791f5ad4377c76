import type { Database } from './database';
import { asLedgerError } from './failures';
import type { AccountId, GenerationId } from './ids';
import { stretchOf } from './stretch';

// The typed face of the SQL functions of erasure (prisma/migrations/*_erasure). Each call is one commit, is idempotent,
// and may be repeated after a lost answer.

/** `held`: this generation still holds credits, and nothing was erased. */
export type EraseOutcome =
  | { outcome: 'erased' }
  | { outcome: 'held'; generation: GenerationId }
  | { outcome: 'unknown_account' }
  | { outcome: 'unknown_generation' };

/** In one commit: some tens of milliseconds of the account's lock. */
const AT_ONCE = 200;

/** Erases the texts of these generations, all or none; 1000 at most. */
export const eraseGenerations = (
  db: Database,
  account: AccountId,
  generations: readonly GenerationId[],
): Promise<EraseOutcome> => db.moves.ask('erase_generations', [account, generations]);

/** Closes the account for good, and erases the texts of its grants and adjustments. */
export async function eraseAccountTexts(db: Database, account: AccountId): Promise<EraseOutcome> {
  for (let after: number | null = 0; ; ) {
    const answer: EraseOutcome & { next?: number | null } = await db.moves.ask('erase_account', [
      account,
      after,
      AT_ONCE,
    ]);
    after = answer.next ?? null;
    if (after === null) return answer;
  }
}

/** Replaces the ids of erased generations by pseudonyms, and answers these; others are left, and answered, as they are. */
export const pseudonymiseGenerations = (
  db: Database,
  account: AccountId,
  generations: readonly GenerationId[],
): Promise<GenerationId[]> => db.moves.ask('pseudonymise_generations', [account, generations]);

/**
 * Replaces the id of an account that is erased with all its generations, and answers the pseudonym; null for any other.
 * All its rows in one commit: for a large account that takes minutes, in which only its own readers wait.
 */
export const pseudonymiseAccount = (db: Database, account: AccountId): Promise<AccountId | null> =>
  db.moves.askPatiently('pseudonymise_account', [account]);

/**
 * Erases, for good, what was delivered or refunded longer ago than the installation's retention, which `migrate` sets from
 * MAKEGOOD_OUTPUT_RETENTION_DAYS; nothing where there is none. An account that is busy is left
 * to the next time. Answers how many generations it has erased. Ends early, after the batch at hand, when `signal` says so.
 */
export async function expireOutputs(db: Database, signal?: AbortSignal): Promise<number> {
  let sum = 0;
  for (let after: string | null = ''; after !== null && !signal?.aborted; ) {
    const answer: { erased: number; next: string | null } = await db.moves.ask('expire_outputs', [after, AT_ONCE]);
    sum += answer.erased;
    after = answer.next;
  }
  return sum;
}

/** The generations of an account, page by page, in the order of their ids. */
export async function* pagesOfGenerations(db: Database, account: AccountId): AsyncGenerator<GenerationId[]> {
  for (let after = ''; ; ) {
    const where = { accountId: account, id: { gt: after } };
    const rows = await db.generation
      .findMany({ where, orderBy: { id: 'asc' }, take: AT_ONCE, select: { id: true } })
      .catch((error) => {
        throw asLedgerError(error);
      });
    const ids = rows.map(({ id }) => id as GenerationId);
    after = ids.at(-1) ?? '';
    if (ids.length > 0) yield ids;
    if (ids.length < AT_ONCE) return;
  }
}

/** Those that were held, charged or refunded since then. */
export async function generationsSince(db: Database, accountId: AccountId, from: Date): Promise<GenerationId[]> {
  const { after = 0 } = await stretchOf(db, accountId, { from });
  const where = { accountId, seq: { gt: after }, generationId: { not: null } };
  const rows = await db.ledgerEntry
    .findMany({ where, distinct: ['generationId'], select: { generationId: true } })
    .catch((error) => {
      throw asLedgerError(error);
    });
  return rows.map(({ generationId }) => generationId as GenerationId);
}

/** Every run of these generations that the ledger has heard of, some of them more than once. */
export async function runsOf(db: Database, accountId: AccountId, generations: readonly GenerationId[]) {
  const where = { accountId, generationId: { in: [...generations] } };
  const [reservations, runs, attempts] = await Promise.all([
    db.reservation.findMany({
      where,
      select: { generationId: true, executionId: true, holderRun: true, refundedBy: true },
    }),
    db.generationRun.findMany({ where, select: { generationId: true, runId: true } }),
    db.generationAttempt.findMany({
      where,
      distinct: ['generationId', 'runId'],
      select: { generationId: true, runId: true },
    }),
  ]).catch((error) => {
    throw asLedgerError(error);
  });
  const held = reservations.flatMap(({ generationId, executionId, holderRun, refundedBy }) =>
    [executionId, holderRun, ...(refundedBy === null ? [] : [refundedBy])].map((runId) => ({ generationId, runId })),
  );
  return [...held, ...runs, ...attempts].map(({ generationId, runId }) => ({
    generation: generationId as GenerationId,
    run: runId,
  }));
}
