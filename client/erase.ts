import { z } from 'zod';
import { MakegoodError } from '../errors';
import {
  type EraseOutcome,
  eraseAccountTexts,
  eraseGenerations,
  generationsSince,
  pagesOfGenerations,
  pseudonymiseAccount,
  pseudonymiseGenerations,
  runsOf,
} from '../ledger/erasure';
import { asOperatorError } from '../ledger/failures';
import { AccountId, GenerationId } from '../ledger/ids';
import { deleteRuns, listRuns } from '../temporal/delete-runs';
import { newestRun } from '../temporal/newest-run';
import { asTemporalError } from '../temporal/reachable';
import { workflowIdOf } from '../temporal/workflow-id';
import { valid } from '../valid';
import type { Context } from './context';

// The right to be forgotten. In this order, so that a crash in between leaves nothing that asking again does not finish:
// nothing of it runs in Temporal; the ledger erases the texts, and from then on refuses to start it; its histories are
// deleted, by the ids that they have; and only then are the ids replaced, for nothing finds the histories afterwards.

/** Whose data are erased: of one generation, or of the account with all its generations. */
export interface EraseRequest {
  readonly account: string;
  readonly generation?: string;
  /** The ids hold personal data: they are replaced by random ones. An id that is replaced is free again. */
  readonly pseudonymise?: boolean;
}

export interface Erased {
  /** The ids by which it is found from now on. */
  readonly account: string;
  readonly generation: string | null;
  /** How many generations are erased now. */
  readonly generations: number;
  /** How many histories Temporal has been told to delete: it does so in its own time, seconds mostly. */
  readonly histories: number;
}

const Request = z.object({
  account: AccountId,
  generation: GenerationId.optional(),
  pseudonymise: z.boolean().default(false),
});

/**
 * Erases for good: outputs, labels, hashes of inputs, messages, keys, and the histories in Temporal. Amounts and moments
 * stay. Idempotent. Throws NOT_ENDED while anything of it is under way, UNKNOWN_ACCOUNT, UNKNOWN_GENERATION, INVALID_INPUT,
 * OPERATOR_NEEDED, TEMPORAL_UNREACHABLE, POSTGRES_UNREACHABLE.
 */
export async function erase(ctx: Context, request: EraseRequest): Promise<Erased> {
  const { account, generation, pseudonymise } = valid(Request, request);
  try {
    return generation === undefined
      ? await eraseAccount(ctx, account, pseudonymise)
      : await eraseGeneration(ctx, account, generation, pseudonymise);
  } catch (error) {
    if (error instanceof MakegoodError) throw asOperatorError(error);
    throw asTemporalError(error, ctx.temporalAddress);
  }
}

async function eraseGeneration(ctx: Context, account: AccountId, generation: GenerationId, pseudonymise: boolean) {
  const { operator } = ctx;
  const workflowId = workflowIdOf(account, generation);
  await endedRun(ctx, workflowId);
  const outcome = await eraseGenerations(operator, account, [generation]);
  if (outcome.outcome === 'held') throw notEnded(workflowId);
  const histories = await deleteHistories(ctx, account, [generation], `WorkflowId = '${workflowId}'`);
  // One that was turned away has left a history, and nothing in the ledger.
  if (outcome.outcome !== 'erased' && histories === 0) throw unknown(outcome);
  const [now] = pseudonymise ? await pseudonymiseGenerations(operator, account, [generation]) : [generation];
  return { account, generation: now ?? generation, generations: outcome.outcome === 'erased' ? 1 : 0, histories };
}

/**
 * Visibility may not list what has closed within the last moments; of what has moved credits for so long the ledger
 * tells the runs. Many times what the slowest store of Temporal's takes.
 */
const LISTED_BY_THEN_MS = 600_000;

async function eraseAccount(ctx: Context, account: AccountId, pseudonymise: boolean): Promise<Erased> {
  const { operator } = ctx;
  const all = `WorkflowId STARTS_WITH '${workflowIdOf(account, '' as GenerationId)}'`;
  for await (const [run] of listRuns(ctx.temporal, `${all} AND ExecutionStatus = 'Running'`)) {
    if (run) throw notEnded(run.workflowId);
  }
  const outcome = await eraseAccountTexts(operator, account);
  if (outcome.outcome === 'held') throw notEnded(workflowIdOf(account, outcome.generation));

  let generations = 0;
  for await (const page of pagesOfGenerations(operator, account)) {
    const { outcome } = await eraseGenerations(operator, account, page);
    // Somebody else replaces its ids at this moment.
    if (outcome !== 'erased') throw new MakegoodError('UNKNOWN_GENERATION', 'Its ids are being replaced: ask again.');
    generations += page.length;
  }
  const recent = await generationsSince(operator, account, new Date(Date.now() - LISTED_BY_THEN_MS));
  const histories = await deleteHistories(ctx, account, recent, all);
  if (outcome.outcome !== 'erased' && histories === 0) throw unknown(outcome);
  if (!pseudonymise) return { account, generation: null, generations, histories };

  for await (const page of pagesOfGenerations(operator, account))
    await pseudonymiseGenerations(operator, account, page);
  return {
    account: (await pseudonymiseAccount(operator, account)) ?? account,
    generation: null,
    generations,
    histories,
  };
}

/** Questions to Temporal under way at once: enough to hide the round trips, few beside the work that it has to do. */
const AT_ONCE = 16;

/** Of these generations all runs that the ledger or Temporal knows, and all that the query lists. */
async function deleteHistories(ctx: Context, account: AccountId, known: readonly GenerationId[], query: string) {
  const { operator, temporal } = ctx;
  const asked = new Set<string>();
  let deleted = 0;
  const remove = async (runs: readonly { workflowId: string; runId: string }[]) => {
    const fresh = [...new Map(runs.map((run) => [run.runId, run])).values()].filter(({ runId }) => !asked.has(runId));
    for (const { runId } of fresh) asked.add(runId);
    deleted += await deleteRuns(temporal, fresh);
    return fresh.length;
  };
  for (let first = 0; first < known.length; first += AT_ONCE) {
    const some = known.slice(first, first + AT_ONCE);
    const newest = await Promise.all(some.map((generation) => endedRun(ctx, workflowIdOf(account, generation))));
    const held = (await runsOf(operator, account, some)).map(({ generation, run }) => ({
      workflowId: workflowIdOf(account, generation),
      runId: run,
    }));
    await remove([...held, ...newest.flatMap((run) => run ?? [])]);
  }
  // Until it lists none that is not being deleted.
  for (let found = 1; found > 0; ) {
    found = 0;
    for await (const page of listRuns(temporal, query)) {
      const running = page.find((run) => run.running);
      // Begun just before the ledger was told to refuse it: it ends by itself as soon as a worker has it.
      if (running) throw notEnded(running.workflowId);
      found += await remove(page);
    }
  }
  return deleted;
}

/** The newest run, if there is one. Throws NOT_ENDED while it is at work. */
async function endedRun({ temporal }: Context, workflowId: string) {
  const newest = await newestRun(temporal, workflowId);
  if (newest?.status === 'RUNNING' || newest?.status === 'PAUSED') throw notEnded(workflowId);
  return newest && { workflowId, runId: newest.runId };
}

function notEnded(workflowId: string): MakegoodError {
  const generation = workflowId.split('/').at(-1);
  const message = `The generation ${generation} is still under way. Cancel it first, then erase again.`;
  return new MakegoodError('NOT_ENDED', message, { generation });
}

const unknown = ({ outcome }: EraseOutcome) =>
  new MakegoodError(outcome === 'unknown_account' ? 'UNKNOWN_ACCOUNT' : 'UNKNOWN_GENERATION');
