import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { PACKAGE_ROOT } from '../../package-root';

/** A source of `root` that is newer than what was built of it, or was never built. */
export function staleSource(root: string): string | undefined {
  const builtAt = (file: string) => statSync(join(root, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const bundledAt = builtAt('dist/workflow-bundle.js');
  return sources(root).find((file) => {
    const changed = statSync(join(root, file)).mtimeMs;
    const bundled = !file.startsWith('workflows/') || changed <= bundledAt;
    return !bundled || changed > builtAt(`dist/${file.replace(/\.tsx?$/, '.js')}`);
  });
}

/** Tests run our sources, and start workers and commands from `dist`: both must be the same code. */
export function refuseStaleBuild(): void {
  const stale = staleSource(PACKAGE_ROOT);
  if (stale === undefined) return;
  console.error(`dist is older than ${stale}: run npm run build`);
  // An error thrown here would bury the line under a stack.
  process.exit(1);
}

function sources(root: string): string[] {
  const { exclude } = JSON.parse(readFileSync(join(root, 'tsconfig.build.json'), 'utf8')) as { exclude: string[] };
  return sourcesIn(root, root, new Set(exclude));
}

function sourcesIn(root: string, folder: string, excluded: ReadonlySet<string>): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.') || excluded.has(relative(root, path))) return [];
    if (entry.isDirectory()) return sourcesIn(root, path, excluded);
    return /\.tsx?$/.test(entry.name) && !entry.name.endsWith('.d.ts') ? [relative(root, path)] : [];
  });
}
