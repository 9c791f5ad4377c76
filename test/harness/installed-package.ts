import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PACKAGE_ROOT } from '../../package-root';

// The package as a user gets it: packed, and installed by npm into a project of its own. Once a run for each set of
// packages beside it, whichever test file asks first; the run's end removes it.

const run = promisify(execFile);

export interface InstalledPackage {
  /** A project that has makegood in its `node_modules`. Shared: a test writes only into a folder of its own below it. */
  readonly folder: string;
  readonly tarball: string;
}

/** Where this run keeps them: made and removed with the run. */
export const PACKAGES_VARIABLE = 'MAKEGOOD_TEST_PACKAGES';

/**
 * The built package in a project with its required peers, and `more` of those packages that ours was built with: by
 * name, in the same version. Run `npm run build` first.
 */
export async function installedPackage(...more: readonly string[]): Promise<InstalledPackage> {
  const packages = process.env[PACKAGES_VARIABLE] as string;
  const tarball = join(packages, 'makegood.tgz');
  await once(tarball, () => pack(packages, tarball));
  const { peerDependencies, peerDependenciesMeta, devDependencies } = manifest();
  const required = Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional);
  const beside = [...new Set([...required, ...more])].sort().map((name) => `${name}@${devDependencies[name]}`);
  const folder = join(packages, createHash('sha256').update(beside.join()).digest('hex').slice(0, 12));
  await once(join(folder, 'node_modules/makegood/package.json'), () => install(folder, [tarball, ...beside]));
  return { folder, tarball };
}

async function pack(packages: string, tarball: string): Promise<void> {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', packages];
  const { stdout } = await run('npm', args, { cwd: PACKAGE_ROOT, maxBuffer: 16 * 1024 * 1024 });
  const [packed] = JSON.parse(stdout) as [{ filename: string }];
  renameSync(join(packages, packed.filename), tarball);
}

async function install(folder: string, specs: readonly string[]): Promise<void> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'a-product', private: true }));
  const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts'];
  await run('npm', ['install', ...quiet, ...specs], { cwd: folder });
}

/** How often, and how long, a test file looks whether another one has made it. An install takes seconds. */
const LOOK_MS = 100;
const LOOKS = 1_800;

/** Makes what `path` names, unless another test file does or did. */
async function once(path: string, make: () => Promise<void>): Promise<void> {
  const marker = `${path.replaceAll(/[^\w-]/g, '_').slice(-100)}`;
  const lock = join(process.env[PACKAGES_VARIABLE] as string, `.${marker}`);
  try {
    mkdirSync(lock);
  } catch {
    for (let look = 0; look < LOOKS; look++) {
      if (existsSync(join(lock, 'made'))) return;
      if (!existsSync(lock)) return once(path, make); // It failed there: the error is told here, too.
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    throw new Error(`waited in vain for ${path}`);
  }
  try {
    await make();
    mkdirSync(join(lock, 'made'));
  } catch (error) {
    rmSync(lock, { recursive: true });
    throw error;
  }
}

const manifest = () =>
  JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as {
    peerDependencies: Record<string, string>;
    peerDependenciesMeta: Record<string, { optional?: boolean }>;
    devDependencies: Record<string, string>;
  };
