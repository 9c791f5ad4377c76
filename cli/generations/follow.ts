import type { Makegood } from '../../client/makegood';
import { EXIT, Exit } from '../errors';
import { note, print, printJson } from '../output';
import { aborted, stopSignal } from '../signals';
import { draftText } from './draft';
import { endLine, rowOf } from './row';

/** Waits for a generation to end and prints how. Ctrl-C ends the waiting alone: the generation goes on. */
export async function follow(makegood: Makegood, account: string, id: string, json: boolean): Promise<void> {
  const end = await Promise.race([makegood.result(account, id), aborted(stopSignal())]);
  if (!end) {
    note(`${id} goes on in Temporal. See: makegood show ${id} --account ${account}`);
    throw new Exit(EXIT.failed);
  }
  if (json) return printJson(await rowOf(makegood, end));
  print(`${account} ${id}: ${endLine(end)}`);
  if (end.status === 'succeeded') print(`\n${draftText(end.draft)}`);
}
