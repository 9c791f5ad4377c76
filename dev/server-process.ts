import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { watch } from './reaper';

/** A server that runs as a child of ours. */
export interface ServerProcess {
  /** Resolves when it has ended, for whatever reason. */
  readonly exited: Promise<void>;
  running(): boolean;
  /** Its last lines, to say why it did not start. */
  lastOutput(): string;
  /** Asks it to end, insists after `STOP_GRACE_MS`, resolves when it has ended. Harmless when it has already. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface ServerProcessOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
  readonly stopSignal: NodeJS.Signals;
  readonly onLog?: ((text: string) => void) | undefined;
}

/** Long enough for Postgres to write its last checkpoint on a slow disk. */
const STOP_GRACE_MS = 10_000;
/** A few screens: enough for the reason of a failed start. */
const OUTPUT_KEPT = 4_000;

/**
 * Starts a server. It gets a process group of its own (`detached`), so that Ctrl-C on the terminal reaches us alone and
 * we end the worker before the servers it needs.
 */
export function startServerProcess(options: ServerProcessOptions): ServerProcess {
  const { command, args, uid, gid } = options;
  const child = spawn(command, args, {
    ...(uid !== undefined && { uid }),
    ...(gid !== undefined && { gid }),
    // The root: it must not hold a folder that is removed, nor start in one that another user may not enter.
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const hear = (chunk: Buffer) => {
    output = (output + chunk).slice(-OUTPUT_KEPT);
    options.onLog?.(chunk.toString());
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);

  const release = child.pid === undefined ? () => {} : watch({ pid: child.pid, signal: options.stopSignal });
  let running = true;
  const exited = new Promise<void>((resolve) => {
    const end = () => {
      running = false;
      release();
      resolve();
    };
    child.once('exit', end);
    child.once('error', (error) => {
      output += error.message;
      if (child.pid === undefined) end();
    });
  });

  return {
    exited,
    running: () => running,
    lastOutput: () => output.trim(),
    async stop(signal = options.stopSignal) {
      if (!running) return;
      child.kill(signal);
      const patience = new AbortController();
      await Promise.race([exited, sleep(STOP_GRACE_MS, undefined, { signal: patience.signal }).catch(() => {})]);
      patience.abort();
      if (running && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      await exited;
    },
  };
}

/** Tries `attempt` until it does not throw. Throws what it threw last when the server ended or the time is over. */
export async function untilReady<T>(server: ServerProcess, timeoutMs: number, attempt: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!server.running() || Date.now() > deadline) throw error;
      // Short, because a start takes a second at most and somebody is waiting for it.
      await Promise.race([server.exited, sleep(25)]);
    }
  }
}
