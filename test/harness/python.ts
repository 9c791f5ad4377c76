import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PYTHON = process.platform === 'win32' ? 'python' : 'python3';
/** Fifteen seconds where the index is near. */
const INSTALL_MS = 180_000;

/** Whether there is a Python on this machine: the one thing that we do not bring ourselves. */
export function hasPython(): boolean {
  try {
    execFileSync(PYTHON, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** `test`, or where there is no Python a skipped one whose name says so. */
export const pythonTest = (name: string, body: () => Promise<void>, timeoutMs?: number) =>
  hasPython()
    ? test(name, body, timeoutMs)
    : test.skip(`${name} (skipped: there is no ${PYTHON} on this machine)`, body);

export interface Ran {
  readonly code: number;
  /** What it printed, on both streams. */
  readonly output: string;
}

/** Runs Python to its end; a failure is an answer, not an error. */
export async function python(
  args: readonly string[],
  { cwd, env = {}, packages }: { cwd?: string; env?: Record<string, string>; packages?: string } = {},
): Promise<Ran> {
  const { PATH = '', HOME = '', LANG = 'C.UTF-8' } = process.env;
  const ours = packages === undefined ? {} : { PYTHONPATH: packages };
  const path = packages === undefined ? PATH : [join(packages, 'bin'), PATH].join(delimiter);
  const options = {
    cwd,
    env: { HOME, LANG, PYTHONDONTWRITEBYTECODE: '1', ...ours, PATH: path, ...env },
    maxBuffer: 64 * 1024 * 1024,
  };
  try {
    const { stdout, stderr } = await run(PYTHON, args, options);
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string };
    if (typeof code !== 'number') throw error;
    return { code, output: stdout + stderr };
  }
}

/** A folder with these packages (`name==version`) from PyPI; kept, so that a second run installs nothing. */
export async function pythonPackages(...requirements: string[]): Promise<string> {
  const { stdout: version } = await run(PYTHON, ['--version']);
  const name = createHash('sha256')
    .update([version, ...requirements].join(' '))
    .digest('hex')
    .slice(0, 16);
  const cached = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'makegood', `python-${name}`);
  const there = () =>
    access(cached).then(
      () => true,
      () => false,
    );
  if (await there()) return cached;
  await mkdir(dirname(cached), { recursive: true });
  const folder = await mkdtemp(join(dirname(cached), 'new-'));
  try {
    const quiet = ['--quiet', '--disable-pip-version-check', '--no-input'];
    // Into a folder, not a virtual environment: Debian's Python has no `venv`, and a folder can be renamed when it is whole.
    await run(PYTHON, ['-m', 'pip', 'install', ...quiet, '--target', folder, ...requirements], { timeout: INSTALL_MS });
    // Of two at once the first wins, and both work.
    await rename(folder, cached).catch(async (error) => {
      if (!(await there())) throw error;
    });
    return cached;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
