import { Pool } from 'pg';
import type { Arena } from './arena';
import { wrongs } from './books';
import { runCrowd } from './crowd';
import { type Aftermath, FAULTS, suffer } from './faults';
import { killedTwice } from './killed-twice';
import { makegoodPatient, plainPatient } from './patients';
import { TABLE } from './plain-saga/activities';
import { seconds, table } from './table';

/** What recovery may cost beyond the work itself. Twice or thrice the time in which a dead worker is noticed. */
const CROWD_TARGET_MS = 5_000;
const KILLED_TWICE_TARGET_MS = 3_000;
const DRAFTS = 20;
const CROWD = { count: 400, inFlight: 50, behaviour: 'slow-500ms' };

/** Measures and prints the tables. Says whether every target was met and the books are right. */
export async function compare(arena: Arena): Promise<boolean> {
  const pool = new Pool({ connectionString: arena.stack.env.MAKEGOOD_OWNER_DATABASE_URL });
  try {
    const fast = await measureRecovery(arena);
    await measureFaults(arena, pool);
    const wrong = await wrongs(arena.stack.env.MAKEGOOD_OWNER_DATABASE_URL as string, arena.lane().makegood);
    console.log(`\nThe books: ${wrong.join('; ') || 'every credit accounted for, nothing held'}.`);
    return fast && wrong.length === 0;
  } finally {
    await pool.end();
  }
}

async function measureRecovery(arena: Arena): Promise<boolean> {
  // Before and after, so that a machine that is busy with other things shows.
  const before = await runCrowd(arena, CROWD);
  const killed = await runCrowd(arena, { ...CROWD, killAt: CROWD.count * 0.3 });
  const after = await runCrowd(arena, CROWD);
  const extra = killed.ms - (before.ms + after.ms) / 2;
  const twice = await killedTwice(arena, DRAFTS);
  const verdict = (ms: number, target: number) => `${ms <= target ? 'met' : 'missed'} (at most ${seconds(target)})`;
  console.log('\nHow much time a killed worker costs\n');
  table(
    ['', 'took', 'beyond the work itself', 'target'],
    [
      ['400 drafts of 0.5 s, 50 at a time', `${seconds(before.ms)} and ${seconds(after.ms)}`, '', ''],
      ['… the worker killed at 30 %', seconds(killed.ms), seconds(extra), verdict(extra, CROWD_TARGET_MS)],
      [`${DRAFTS} drafts of 6 s, killed twice`, '', seconds(twice), verdict(twice, KILLED_TWICE_TARGET_MS)],
    ],
  );
  const lost = before.lost + killed.lost + after.lost;
  if (lost > 0) console.log(`${lost} drafts were lost.`);
  return lost === 0 && extra <= CROWD_TARGET_MS && twice <= KILLED_TWICE_TARGET_MS;
}

async function measureFaults(arena: Arena, pool: Pool): Promise<void> {
  const { temporal } = arena.lane().makegood.context;
  await pool.query(TABLE);
  console.log(
    '\nA draft of 6 s meets a fault after 2 s: what becomes of the credits, and how soon after the (last) fault. Takes minutes.\n',
  );
  const ours: Aftermath[] = [];
  for (const fault of FAULTS) ours.push(await suffer(fault, await makegoodPatient(arena)));
  // They wait for minutes and do next to nothing, so they may do it side by side.
  const plain = await Promise.all(FAULTS.map(async (fault) => suffer(fault, plainPatient(arena, temporal, pool))));
  table(
    ['fault', 'Makegood', "plain saga (Temporal's samples)"],
    FAULTS.map((fault, index) => [fault, said(ours[index]), said(plain[index])]),
  );
}

function said(aftermath: Aftermath | undefined): string {
  if (aftermath?.ms === undefined) return 'credits held for good';
  const what = aftermath.money === 'charged' ? 'draft, charged once' : 'given back';
  return `${what}, after ${seconds(aftermath.ms)}`;
}
