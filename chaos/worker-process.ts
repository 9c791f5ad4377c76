import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { watch } from '../dev/reaper';

export interface WorkerProcess {
  /** SIGKILL: gone at once, as by a power cut. */
  kill(): Promise<void>;
  /** SIGTERM, as in a rolling deploy. */
  stop(): Promise<void>;
}

/** Runs a compiled script as a worker in a process of its own; resolves when it says "worker ready". */
export async function startWorkerProcess(
  [script, ...args]: readonly [string, ...string[]],
  env: Readonly<Record<string, string | undefined>>,
): Promise<WorkerProcess> {
  const child = spawn(process.execPath, [script, ...args], {
    env: { PATH: process.env.PATH, ...env },
    cwd: tmpdir(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const release = child.pid === undefined ? () => {} : watch({ pid: child.pid, signal: 'SIGKILL' });
  child.once('exit', release);
  await new Promise<void>((resolve, reject) => {
    let printed = '';
    const read = (chunk: Buffer) => {
      // Only its beginning is of interest, and it may print for hours.
      if (printed.length < 10_000) printed += chunk;
      if (/worker ready/i.test(printed)) resolve();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`the worker ended (${signal ?? code}):\n${printed}`)));
  });
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };
  return { kill: () => end('SIGKILL'), stop: () => end('SIGTERM') };
}
