import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { bundleWorkflowCode } from '@temporalio/worker';
import { PACKAGE_ROOT } from '../../package-root';

// Workflow code is replayed, so it may reach nothing that answers differently the second time.

const quiet = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, log() {} };
const FOREIGN = /node_modules\/(@prisma|openai|pg|hono|@hono|pino|@temporalio\/(client|worker|activity))\//;

/** The modules in a bundle, by the paths that webpack notes beside each. */
const modulesIn = (code: string) => [...code.matchAll(/!\*\*\* (\S+) \*\*\*!/g)].map(([, path]) => path as string);

test('GIVEN the bundle that workers run THEN it holds none of Prisma, OpenAI, HTTP servers or Node built-ins', () => {
  const modules = modulesIn(readFileSync(join(PACKAGE_ROOT, 'dist/workflow-bundle.js'), 'utf8'));
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
  const workflowsPath = join(PACKAGE_ROOT, 'dist/ledger/database.js');
  await expect(bundleWorkflowCode({ workflowsPath, logger })).rejects.toThrow(/webpack/i);
  expect(complaints.join()).toMatch(/disallowed|can't resolve|not found/i);
});
