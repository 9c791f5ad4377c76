import { readdirSync, readFileSync } from 'node:fs';

/** Processor time that one kind of process has used, in milliseconds, and its share of all. */
export interface CpuShare {
  readonly who: string;
  readonly milliseconds: number;
  readonly share: number;
}

/** Linux tells a process's time in hundredths of a second. */
const TICK_MS = 10;

/** Runs `work`, and tells who has used the processor meanwhile: Postgres is the ledger. Nothing where there is no /proc. */
export async function cpuShares(work: () => Promise<unknown>): Promise<CpuShare[]> {
  const before = usage();
  await work();
  const after = usage();
  const used = [...after].map(([who, time]) => ({ who, milliseconds: time - (before.get(who) ?? 0) }));
  const sum = used.reduce((total, { milliseconds }) => total + milliseconds, 0);
  return used.map((one) => ({ ...one, share: one.milliseconds / sum })).sort((a, b) => b.milliseconds - a.milliseconds);
}

/** Of this process and all below it, by what they are. */
function usage(): Map<string, number> {
  const stats = new Map<number, { parent: number; name: string; time: number }>();
  try {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const stat = readStat(pid);
      if (stat) stats.set(Number(pid), stat);
    }
  } catch {
    return new Map();
  }
  const ours = (pid: number): boolean => pid === process.pid || (stats.has(pid) && ours(stats.get(pid)?.parent ?? 0));
  const sums = new Map<string, number>();
  for (const [pid, { name, time }] of stats) {
    if (!ours(pid)) continue;
    const who = /postgres/.test(name)
      ? 'Postgres: the ledger'
      : /temporal/.test(name)
        ? 'Temporal'
        : 'worker and client';
    sums.set(who, (sums.get(who) ?? 0) + time);
  }
  return sums;
}

function readStat(pid: string): { parent: number; name: string; time: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const name = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'));
    // After the name: state, parent, … and at the 12th and 13th place the user's and the system's time.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(fields[1]), name, time: (Number(fields[11]) + Number(fields[12])) * TICK_MS };
  } catch {
    return undefined; // It has ended meanwhile.
  }
}
