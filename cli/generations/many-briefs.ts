import type { Makegood } from '../../client/makegood';
import { EXIT, Exit } from '../errors';
import { note, print } from '../output';
import { reachLedger, reachTemporal } from '../preflight';
import type { Stop } from '../signals';
import { type Line, readBriefs } from './briefs';
import { generateMany } from './generate-many';
import { type Mix, mixedBriefs } from './mix';
import { showProgress } from './progress';

export type ManyBriefs = { readonly concurrency: number; readonly json: boolean } & (
  | { readonly from: 'file'; readonly file: string; readonly account?: string | undefined }
  | { readonly from: 'mix'; readonly mix: Mix; readonly count: number; readonly account: string }
);

/** Generates from a file of briefs, or from made ones, and prints what came of them all. */
export async function manyBriefs(makegood: Makegood, briefs: ManyBriefs, stop: Stop): Promise<void> {
  const { account, concurrency, json } = briefs;
  const { lines, total } = linesOf(briefs);
  await reachLedger(makegood.context);
  await reachTemporal(makegood.context);
  if (account !== undefined) await makegood.balance(account); // Throws UNKNOWN_ACCOUNT, before anything is started.
  // Rows and a bar on one terminal would overwrite each other.
  const progress = showProgress(total, !(json && process.stdout.isTTY));
  const tally = await generateMany(lines, { makegood, stop, concurrency, progress, json });
  progress.stop();
  if (stop.signal.aborted) note('stopped');
  for (const line of tally.lines()) (json ? note : print)(line);
  if (tally.exitCode !== EXIT.done) throw new Exit(tally.exitCode);
}

function linesOf(briefs: ManyBriefs): { lines: Iterable<Line>; total: number } {
  if (briefs.from === 'file') {
    const lines = [...readBriefs(briefs.file, briefs.account)];
    return { lines, total: lines.length };
  }
  const { mix, count, account } = briefs;
  return { lines: made(mix, count, account), total: count };
}

function* made(mix: Mix, count: number, account: string): Generator<Line> {
  let number = 0;
  for (const request of mixedBriefs(mix, count, account)) yield { number: ++number, request };
}
