import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { watch } from './reaper';

/** A running `makegood dev`, as the other commands of the same folder find it. */
export interface DevState {
  readonly pid: number;
  /** Every variable that points a process at its stack. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Leaves word of this process's stack for other commands run in `folder`. It lies outside of the folder, readable by
 * this user alone, and is gone with this process, also after a SIGKILL.
 */
export function writeState(env: Readonly<Record<string, string>>, folder: string = process.cwd()): void {
  const path = `${prefix(folder)}${process.pid}.json`;
  const state: DevState = { pid: process.pid, env };
  rmSync(`${path}.new`, { force: true });
  writeFileSync(`${path}.new`, JSON.stringify(state), { mode: 0o600, flag: 'wx' });
  renameSync(`${path}.new`, path); // Whole or not at all: somebody may be reading.
  release ??= watch({ path });
}

/** The running `dev` of `folder`, if there is one; of several, the one started last. What dead ones left is removed. */
export function readState(folder: string = process.cwd()): DevState | undefined {
  const own = basename(prefix(folder));
  const found = readdirSync(tmpdir())
    .filter((name) => name.startsWith(own) && name.endsWith('.json'))
    .flatMap((name) => readOwn(join(tmpdir(), name)));
  for (const { path, state } of found) if (!alive(state.pid)) rmSync(path, { force: true });
  const running = found.filter(({ state }) => alive(state.pid)).sort((one, other) => other.at - one.at);
  return running[0]?.state;
}

/** Takes back what `writeState` of this process left. */
export function clearState(folder: string = process.cwd()): void {
  rmSync(`${prefix(folder)}${process.pid}.json`, { force: true });
  release?.();
  release = undefined;
}

let release: (() => void) | undefined;

function prefix(folder: string): string {
  const key = createHash('sha256').update(realpathSync(folder)).digest('hex').slice(0, 32);
  return join(tmpdir(), `makegood-dev-${key}.`);
}

function readOwn(path: string): { path: string; at: number; state: DevState }[] {
  try {
    const { uid, mtimeMs } = lstatSync(path);
    // Anybody may write a file of this name, to send us to his database: only what is this user's own counts.
    if (uid !== (process.getuid?.() ?? uid)) return [];
    return [{ path, at: mtimeMs, state: JSON.parse(readFileSync(path, 'utf8')) as DevState }];
  } catch {
    return []; // Its process removed it just now.
  }
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // There, but another user's.
  }
}
