import { Pool } from 'pg';
import type { Environment } from './environment';
import { FAULTS, type Recovery, strike } from './faults';
import { killedTwice } from './killed-twice';
import { ledgerProblems } from './ledger-check';
import { TABLE } from './plain-saga/activities';
import { makegoodSystem, plainSystem } from './systems';
import { runWorkload } from './workload';

/** What recovery may cost beyond the work itself. Twice or thrice the time in which a dead worker is noticed. */
const WORKLOAD_TARGET_MS = 5_000;
const KILLED_TWICE_TARGET_MS = 3_000;
const DRAFTS = 20;
const WORKLOAD = { count: 400, inFlight: 50, behaviour: 'slow-500ms' };

/** Measures and prints the tables. Says whether every target was met and the ledger is right. */
export async function compare(environment: Environment): Promise<boolean> {
  const pool = new Pool({ connectionString: environment.stack.env.MAKEGOOD_OWNER_DATABASE_URL });
  try {
    const fast = await measureRecovery(environment);
    await measureFaults(environment, pool);
    const wrong = await ledgerProblems(
      environment.stack.env.MAKEGOOD_OWNER_DATABASE_URL as string,
      environment.queue().makegood,
    );
    console.log(`\nThe ledger: ${wrong.join('; ') || 'every credit accounted for, nothing held'}.`);
    return fast && wrong.length === 0;
  } finally {
    await pool.end();
  }
}

async function measureRecovery(environment: Environment): Promise<boolean> {
  // Before and after, so that a machine that is busy with other things shows.
  const before = await runWorkload(environment, WORKLOAD);
  const killed = await runWorkload(environment, { ...WORKLOAD, killAt: WORKLOAD.count * 0.3 });
  const after = await runWorkload(environment, WORKLOAD);
  const extra = killed.ms - (before.ms + after.ms) / 2;
  const twice = await killedTwice(environment, DRAFTS);
  const verdict = (ms: number, target: number) => `${ms <= target ? 'met' : 'missed'} (at most ${seconds(target)})`;
  console.log('\nHow much time a killed worker costs\n');
  table(
    ['', 'took', 'beyond the work itself', 'target'],
    [
      ['400 drafts of 0.5 s, 50 at a time', `${seconds(before.ms)} and ${seconds(after.ms)}`, '', ''],
      ['… the worker killed at 30 %', seconds(killed.ms), seconds(extra), verdict(extra, WORKLOAD_TARGET_MS)],
      [`${DRAFTS} drafts of 6 s, killed twice`, '', seconds(twice), verdict(twice, KILLED_TWICE_TARGET_MS)],
    ],
  );
  const lost = before.lost + killed.lost + after.lost;
  if (lost > 0) console.log(`${lost} drafts were lost.`);
  return lost === 0 && extra <= WORKLOAD_TARGET_MS && twice <= KILLED_TWICE_TARGET_MS;
}

async function measureFaults(environment: Environment, pool: Pool): Promise<void> {
  const { temporal } = environment.queue().makegood.context;
  await pool.query(TABLE);
  console.log(
    '\nA draft of 6 s meets a fault after 2 s: what becomes of the credits, and how soon after the (last) fault. Takes minutes.\n',
  );
  const ours: Recovery[] = [];
  for (const fault of FAULTS) ours.push(await strike(fault, await makegoodSystem(environment)));
  // They wait for minutes and do next to nothing, so they may do it side by side.
  const plain = await Promise.all(FAULTS.map(async (fault) => strike(fault, plainSystem(environment, temporal, pool))));
  table(
    ['fault', 'Makegood', "plain saga (Temporal's samples)"],
    FAULTS.map((fault, index) => [fault, said(ours[index]), said(plain[index])]),
  );
}

function said(recovery: Recovery | undefined): string {
  if (recovery?.ms === undefined) return 'credits held for good';
  const what = recovery.money === 'charged' ? 'draft, charged once' : 'given back';
  return `${what}, after ${seconds(recovery.ms)}`;
}

/** Prints a table that reads well in a terminal and is Markdown. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  console.log(line(head));
  console.log(`|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`);
  for (const row of rows) console.log(line(row));
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
