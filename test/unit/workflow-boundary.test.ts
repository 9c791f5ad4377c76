import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { bundleWorkflowCode, type Logger } from '@temporalio/worker';
import { PACKAGE_ROOT } from '../../package-root';

// Workflow code is replayed, so it may reach nothing that answers differently the second time.

const bundle = (path: string, logger: Logger = quiet) =>
  bundleWorkflowCode({ workflowsPath: join(PACKAGE_ROOT, path), logger });
const quiet = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, log() {} };
const FOREIGN = /node_modules\/(@prisma|openai|pg|hono|@hono|pino|@temporalio\/(client|worker|activity))\//;

/** The modules in a bundle, by the paths that webpack notes beside each. */
const modulesIn = (code: string) => [...code.matchAll(/!\*\*\* (\S+) \*\*\*!/g)].map(([, path]) => path as string);

test('GIVEN the bundle that workers run THEN it holds none of Prisma, OpenAI, HTTP servers or Node built-ins', async () => {
  const modules = modulesIn((await bundle('workflows/index.ts')).code);
  const builtins = new Set(builtinModules.flatMap((name) => [name, `node:${name}`]));

  expect(modules.some((path) => path.includes('pay-on-success'))).toBe(true);
  expect(modules.filter((path) => FOREIGN.test(path) || builtins.has(path))).toEqual([]);
  expect(
    modules.filter((path) =>
      /\/(activities|prisma|client|server|cli|dev|worker)\//.test(path.replace(/.*node_modules/, '')),
    ),
  ).toEqual([]);
});

test('GIVEN a workflow that imports the database THEN the bundle is refused', async () => {
  const complaints: string[] = [];
  const logger = { ...quiet, error: (message: string) => void complaints.push(message) };
  await expect(bundle('ledger/database.ts', logger)).rejects.toThrow(/webpack/i);
  expect(complaints.join()).toMatch(/disallowed|can't resolve|not found/i);
});
