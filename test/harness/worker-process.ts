import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { watch } from '../../dev/reaper';
import { PACKAGE_ROOT } from '../../package-root';

/** The command line as it is built: what a user runs. */
export const MAIN = join(PACKAGE_ROOT, 'dist/cli/main.js');

/** A worker in a process of its own, to be stopped as a deploy does or killed as a crash does. */
export interface ChildWorker {
  readonly process: ChildProcess;
  /** SIGTERM: finishes or hands back what it holds. Resolves when it has ended. */
  stop(): Promise<void>;
  /** SIGKILL: gone at once. */
  kill(): Promise<void>;
  /** All that it has printed so far. */
  output(): string;
}

/** Starts `makegood worker`, and resolves when it works. */
export async function spawnWorker(env: Record<string, string | undefined>): Promise<ChildWorker> {
  const child = spawn(process.execPath, [MAIN, 'worker'], { env, cwd: tmpdir(), stdio: ['ignore', 'pipe', 'pipe'] });
  // A test run that is killed must leave no worker behind, which would go on working for nobody.
  child.once('exit', watch({ pid: child.pid ?? 0, signal: 'SIGKILL' }));
  let printed = '';
  const ready = new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      printed += chunk;
      if (/worker ready/i.test(printed)) resolve();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', (code, signal) => reject(new Error(`the worker ended (${signal ?? code}):\n${printed}`)));
  });
  await ready;
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };
  return { process: child, stop: () => end('SIGTERM'), kill: () => end('SIGKILL'), output: () => printed };
}
