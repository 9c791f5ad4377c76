import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../package-root';

/**
 * What must not outlive this process: the servers it started and the folders it made. A SIGKILL gives us no chance to
 * tidy up, so a tiny detached process does it: it holds one end of a pipe and acts when the other end closes, which
 * the kernel sees to however we die. It is there only while there is something to watch.
 */
export type Watched = { pid: number; signal: NodeJS.Signals } | { path: string };
export type Order = { add: number; watched: Watched } | { release: number };

// Always the compiled file: plain Node cannot run TypeScript, and tests run this module from source.
const SCRIPT = join(PACKAGE_ROOT, 'dist', 'dev', 'reaper-process.js');

let reaper: ChildProcess | undefined;
let nextId = 0;
const open = new Set<number>();

/** Has it stopped or removed when this process dies; call what it returns once that has been done in order. */
export function watch(watched: Watched): () => void {
  const id = nextId++;
  open.add(id);
  tell({ add: id, watched });
  return () => {
    if (!open.delete(id)) return;
    tell({ release: id });
    if (open.size === 0) endReaper();
  };
}

function tell(order: Order): void {
  reaper ??= startReaper();
  reaper.stdin?.write(`${JSON.stringify(order)}\n`);
}

function startReaper(): ChildProcess {
  const child = spawn(process.execPath, [SCRIPT], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  // Detached and unreferenced: neither Ctrl-C on our terminal nor our event loop may depend on it.
  child.unref();
  (child.stdin as unknown as { unref(): void }).unref();
  // A reaper that was killed leaves us without the safety net, which is no reason to fail.
  child.stdin?.on('error', () => {});
  child.on('error', () => {});
  return child;
}

function endReaper(): void {
  reaper?.stdin?.end();
  reaper = undefined;
}
