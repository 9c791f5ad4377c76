import type { Makegood } from '../../client/makegood';
import type { Ended } from '../../client/progress';
import { MakegoodError } from '../../errors';
import { count, credits, paint, plainLine, print, printJson } from '../output';
import { draftText } from './draft';

/** How a generation ended, as `--json` prints it. Amounts in credits; `reason` and `message` are null where it succeeded. */
export interface Row {
  readonly id: string;
  readonly account: string;
  readonly status: Ended['status'];
  readonly charged: number;
  readonly refunded: number;
  readonly reason: string | null;
  readonly message: string | null;
  readonly attempts: number;
  readonly workflowId: string | null;
  readonly runId: string | null;
}

export const ROW_FIELDS =
  '{"id","account","status","charged","refunded","reason","message","attempts","workflowId","runId"}';

/** Said once when no worker has taken a generation within the start's time-out. */
export const NO_WORKER = 'No worker has picked it up yet. It will run once one is up: makegood worker';

/** Prints the end of one generation: its row, or its line and its draft. */
export async function printEnd(makegood: Makegood, end: Ended, json: boolean): Promise<void> {
  if (json) return printJson(await rowOf(makegood, end));
  print(`${end.account} ${end.id}: ${endLine(end)}`);
  if (end.status === 'succeeded') print(`\n${draftText(end.output)}`);
}

/** Asks Temporal which run it was: the ledger counts tries, not runs. */
export async function rowOf(makegood: Makegood, end: Ended): Promise<Row> {
  const { id, account, status, charged, refunded, attempts } = end;
  const { reason, message } = end.status === 'succeeded' ? { reason: null, message: null } : end;
  const { workflowId, runId } = await workflowOf(makegood, end);
  return { id, account, status, charged, refunded, reason, message, attempts, workflowId, runId };
}

async function workflowOf(makegood: Makegood, { account, id, ...end }: Ended) {
  const none = { workflowId: null, runId: null };
  // The workflow of this id belongs to the one that was here first.
  if (end.status === 'rejected' && end.reason === 'GENERATION_CONFLICT') return none;
  try {
    return (await makegood.describe(account, id)).workflow;
  } catch (error) {
    if (error instanceof MakegoodError && error.code === 'UNKNOWN_GENERATION') return none; // Turned away at the door.
    throw error;
  }
}

export const STATUS_STYLES = {
  succeeded: 'green',
  refunded: 'yellow',
  rejected: 'magenta',
  cancelled: 'yellow',
} as const satisfies Record<Ended['status'], string>;

/** The end of a generation for people: what came of it, and what it cost. */
export function endLine(end: Ended): string {
  const word = paint(['bold', STATUS_STYLES[end.status]], end.status);
  const why = end.status === 'succeeded' ? '' : ` · ${plainLine(end.message)} [${end.reason}]`;
  const tries = end.attempts === 0 ? '' : ` after ${count(end.attempts, 'attempt')}`;
  return `${word}${tries} · ${cost(end)}${why}`;
}

function cost({ charged, refunded }: Ended): string {
  if (charged === 0) return 'nothing charged';
  return refunded === 0 ? `charged ${credits(charged)}` : `charged ${credits(charged)}, refunded ${refunded}`;
}
