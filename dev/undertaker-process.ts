import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Order, Ward } from './undertaker';

// The program that `undertaker.ts` starts: it reads orders until its parent is gone, then stops and removes what is left.

/** Postgres checkpoints and Temporal closes its database within a second; after this they are killed outright. */
const GRACE_MS = 5_000;

const wards = new Map<number, Ward>();

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const order = JSON.parse(line) as Order;
    if ('add' in order) wards.set(order.add, order.ward);
    else wards.delete(order.release);
  })
  .on('close', () => void bury());

async function bury(): Promise<void> {
  const processes = [...wards.values()].filter((ward) => 'pid' in ward);
  for (const { pid, signal } of processes) kill(pid, signal);
  const deadline = Date.now() + GRACE_MS;
  while (processes.some(({ pid }) => kill(pid, 0)) && Date.now() < deadline) await sleep(20);
  // Each is the leader of its own process group, so this takes its children along.
  for (const { pid } of processes) kill(-pid, 'SIGKILL');
  for (const ward of wards.values()) if ('path' in ward) rmSync(ward.path, { recursive: true, force: true });
}

/** Answers whether there was such a process. */
function kill(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
