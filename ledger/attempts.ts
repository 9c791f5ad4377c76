import type { Database } from './database';
import { asLedgerError } from './failures';
import type { GenerationRun } from './outcomes';
import { type Reason, type ReasonCode, reason } from './reasons';
import { clip } from './text';

const MESSAGE_LENGTH = 500;

/** The reason of an attempt that nobody wrote down: its worker died, or was not heard of in time. */
export const WORKER_LOST = reason('WORKER_LOST');

/** One attempt of a run: each step of the work is numbered from 1 by itself. A kind of one step names it after itself. */
export interface AttemptOf {
  readonly step: string;
  readonly number: number;
}

/**
 * Writes down that this attempt failed, and as lost the earlier ones of its step that nobody wrote down. Returns
 * how many it wrote down. Idempotent: the first to write a number wins, but what somebody else took for lost gives way to
 * the word of its own worker. Does nothing for a generation that was never reserved.
 */
export async function recordAttempt(
  db: Database,
  generationRun: GenerationRun,
  { step, number }: AttemptOf,
  why: Reason,
  providerStatus?: number,
): Promise<number> {
  try {
    const [row] = await db.$queryRaw<[{ written: number }]>`SELECT ${db.schema}.record_attempt(
      ${generationRun.account}, ${generationRun.generation}, ${generationRun.run}, ${step}, ${number}::integer,
      ${why.code}, ${clip(why.message, MESSAGE_LENGTH)}, ${providerStatus ?? null}::integer,
      ${WORKER_LOST.code}, ${WORKER_LOST.message}) AS written`;
    return row.written;
  } catch (error) {
    throw asLedgerError(error);
  }
}

/** What this attempt of the run met, where its own worker has written it down. */
export async function reasonOfAttempt(
  db: Database,
  { account: accountId, generation: generationId, run: runId }: GenerationRun,
  { step, number }: AttemptOf,
): Promise<ReasonCode | undefined> {
  try {
    const where = { accountId, generationId, runId, step, number, reason: { not: WORKER_LOST.code } };
    const found = await db.generationAttempt.findFirst({ where, select: { reason: true } });
    return found?.reason;
  } catch (error) {
    throw asLedgerError(error);
  }
}
