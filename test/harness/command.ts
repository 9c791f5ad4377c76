import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { watch } from '../../dev/reaper';
import { bareEnv } from '../../dev/stack';
import { MAIN, stackEnv } from '.';

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Place {
  readonly env?: Record<string, string | undefined>;
  readonly cwd?: string;
}

/** What every program has, and nothing that points at a server. */
export const BARE = bareEnv(process.env);

/** Starts the built command line; by default against the shared stack, in a folder without a `dev`. Ends with us. */
export function launch(args: readonly string[], place?: Place) {
  const launched = start(args, place);
  const release = watch({ pid: launched.child.pid ?? 0, signal: 'SIGTERM' });
  launched.child.once('exit', release);
  return launched;
}

/** Runs it to its end. */
export const run = (args: readonly string[], place?: Place): Promise<Ran> => start(args, place).ended;

function start(args: readonly string[], { env = stackEnv(), cwd = tmpdir() }: Place = {}) {
  // A process group of its own, so that a Ctrl-C can reach all of it as a terminal's does.
  const child = spawn(process.execPath, [MAIN, ...args], {
    env,
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  const ended = new Promise<Ran>((resolve) => child.once('close', (code) => resolve({ code, ...output })));
  return { child, output, ended };
}

/** Ctrl-C on a terminal: SIGINT to the whole process group. */
export const ctrlC = (child: ChildProcess) => process.kill(-(child.pid ?? 0), 'SIGINT');

/** The values of JSON lines. */
export function jsonLines<T = Record<string, unknown>>(text: string): T[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

/** A folder for one test, gone afterwards. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'makegood-test-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
