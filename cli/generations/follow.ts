import type { Makegood } from '../../client/makegood';
import { EXIT, Exit } from '../errors';
import { note } from '../output';
import { listenForStop } from '../signals';
import { printEnd } from './row';

/** Waits for a generation to end and prints how. Ctrl-C ends the waiting alone: the generation goes on. */
export async function follow(makegood: Makegood, account: string, id: string, json: boolean): Promise<void> {
  const end = await Promise.race([makegood.result(account, id), listenForStop().asked]);
  if (end) return printEnd(makegood, end, json);
  note(`${id} continues in Temporal. See: makegood show ${id} --account ${account}`);
  throw new Exit(EXIT.failed);
}
