import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Order, Watched } from './reaper';

// The program that `reaper.ts` starts: it reads orders until its parent is gone, then stops and removes what is left.

/** Postgres checkpoints and Temporal closes its database within a second; after this they are killed outright. */
const GRACE_MS = 5_000;

const watched = new Map<number, Watched>();

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const order = JSON.parse(line) as Order;
    if ('add' in order) watched.set(order.add, order.watched);
    else watched.delete(order.release);
  })
  .on('close', () => void reap());

async function reap(): Promise<void> {
  const processes = [...watched.values()].filter((one) => 'pid' in one);
  for (const { pid, signal } of processes) kill(pid, signal);
  const deadline = Date.now() + GRACE_MS;
  while (processes.some(({ pid }) => kill(pid, 0)) && Date.now() < deadline) await sleep(20);
  // Each is the leader of its own process group, so this takes its children along.
  for (const { pid } of processes) kill(-pid, 'SIGKILL');
  for (const one of watched.values()) if ('path' in one) rmSync(one.path, { recursive: true, force: true });
}

/** Answers whether there was such a process. */
function kill(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
