// Generates the Prisma client, and puts beside it the little of `@prisma/client` that it runs on: of its 72 MB, one
// runtime and one query compiler. So they come with our package, and `@prisma/client` does not.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const client = fileURLToPath(new URL('../prisma/client', import.meta.url));
/** What the generated client imports. Its licence goes with it. */
const RUNTIME = [
  'client.js',
  'client.d.ts',
  'query_compiler_fast_bg.postgresql.js',
  'query_compiler_fast_bg.postgresql.wasm-base64.js',
];
/** For browsers, where we are never. */
const NOT_OURS = ['browser.ts', 'internal/prismaNamespaceBrowser.ts'];

generate();
for (const file of NOT_OURS) rmSync(join(client, file));
carryRuntime();

/**
 * `prisma generate` runs no engine, yet insists on downloading one. Naming any executable as the engine keeps the build
 * working where only the package registry can be reached.
 */
function generate() {
  const prisma = require.resolve('prisma/build/index.js');
  const env = { PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1', ...process.env };
  const { status } = spawnSync(process.execPath, [prisma, 'generate', '--no-hints'], { stdio: 'inherit', env });
  if (status !== 0) process.exit(status ?? 1);
}

function carryRuntime() {
  const installed = dirname(require.resolve('@prisma/client/package.json'));
  const runtime = join(client, 'runtime');
  mkdirSync(runtime, { recursive: true });
  for (const file of RUNTIME) cpSync(join(installed, 'runtime', file), join(runtime, file));
  cpSync(join(installed, 'LICENSE'), join(runtime, 'LICENSE'));
  for (const file of readdirSync(client, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || file.startsWith('runtime')) continue;
    const path = join(client, file);
    const here = relative(dirname(path), runtime).replaceAll('\\', '/');
    const code = readFileSync(path, 'utf8');
    const ours = here.startsWith('.') ? here : `./${here}`;
    writeFileSync(path, code.replaceAll(/(["'])@prisma\/client\/runtime\//g, `$1${ours}/`));
  }
  // What tsc does not compile it does not copy either.
  const compiled = fileURLToPath(new URL('../dist/prisma/client/runtime', import.meta.url));
  cpSync(runtime, compiled, { recursive: true });
}
