import { randomUUID } from 'node:crypto';
import type { Makegood } from '../../client/makegood';
import { orderOf } from '../../client/order';
import type { Attribution } from '../../ledger/attribution';
import { EXIT, Exit } from '../errors';
import { note } from '../output';
import { reachLedger, reachTemporal } from '../preflight';
import type { Stop } from '../signals';
import { generateOne } from './generate-one';
import { NO_WORKER, printEnd } from './row';
import { Tally } from './tally';

export interface OneBrief {
  readonly account: string;
  readonly id?: string | undefined;
  readonly kind: string;
  /** As the kind takes it; the client checks it. */
  readonly input: unknown;
  readonly attribution: Attribution;
  readonly json: boolean;
}

/** Generates from the brief of the command line. */
export async function oneBrief(makegood: Makegood, brief: OneBrief, stop: Stop): Promise<void> {
  const { account, id = randomUUID(), kind, input, attribution, json } = brief;
  const request = { account, id, kind, input, ...attribution } as const;
  orderOf(makegood.context, request); // What is wrong with it shows before any server is asked.
  await reachLedger(makegood.context);
  await reachTemporal(makegood.context);

  const onAway = (error: Error) => note(error.message);
  const fate = await generateOne({ makegood, stop, onAway, onPending: () => note(NO_WORKER) }, request);
  if (fate.is !== 'ended') {
    const see = `goes on in Temporal. See: makegood show ${id} --account ${account}`;
    note(`${id} ${fate.is === 'under way' ? see : 'was not started'}`);
    throw new Exit(EXIT.failed);
  }
  await printEnd(makegood, fate.end, json);
  const tally = new Tally();
  tally.ended(fate.end);
  if (tally.exitCode !== EXIT.done) throw new Exit(tally.exitCode);
}
