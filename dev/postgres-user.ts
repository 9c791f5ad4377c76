import { execFileSync } from 'node:child_process';
import { chmod, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MakegoodError } from '../errors';

/** The user that Postgres runs as, where that is not ourselves. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** How to start a program as that user. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * Postgres refuses to run as root, as which containers often run us: it then runs as the user `postgres`, or `nobody`
 * where there is none. No user is added to the machine.
 */
export function postgresUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, name], { stdio: 'pipe' })));
      if (uid !== undefined && gid !== undefined) return { uid, gid };
    } catch {
      // No such user: the next name.
    }
  }
  throw new MakegoodError(
    'INVALID_SETTING',
    'Postgres cannot run as root, and there is no user "postgres" or "nobody". Set DATABASE_URL, or use another user.',
  );
}

/**
 * Starts a program of `bin` as `user`. Where a folder above it or above the data is closed to him (a checkout in /root, a
 * folder made by mktemp), `setpriv` lets that user through file permissions, without making it root.
 */
export async function launchAs(
  user: User | undefined,
  command: string,
  args: readonly string[],
  dataDir: string,
): Promise<Launch> {
  if (user === undefined) return { command, args };
  if ((await reachable(command, user)) && (await reachable(dataDir, user))) return { command, args, ...user };
  const identity = [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'];
  const pass = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
  const setpriv = [...identity, ...pass];
  try {
    execFileSync('setpriv', [...setpriv, 'true'], { stdio: 'pipe' });
  } catch (cause) {
    throw new MakegoodError(
      'INVALID_SETTING',
      `Postgres cannot run as root, and the user it would run as cannot reach both ${command} and ${dataDir}. Use folders that others can read, run as another user, or set DATABASE_URL.`,
      {},
      { cause },
    );
  }
  return { command: 'setpriv', args: [...setpriv, command, ...args] };
}

/** Opens a folder of ours to that user, as far as passing through. Needed only where Postgres runs as another. */
export async function letPass(folder: string): Promise<void> {
  if (process.getuid?.() === 0) await chmod(folder, 0o711);
}

/** Whether the user may get there: each folder on the way must let him pass. */
async function reachable(target: string, user: User): Promise<boolean> {
  for (let path = target; ; path = dirname(path)) {
    const { mode, uid, gid } = await stat(path);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (path === dirname(path)) return true;
  }
}
