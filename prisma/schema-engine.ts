import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import { escapeIdentifier, Pool } from 'pg';
import { PACKAGE_ROOT } from '../package-root';
import { schemaOf } from './schema-name';

// Prisma's schema engine, the part of `prisma migrate` that applies migrations, as WebAssembly out of an npm package:
// the binary that the Prisma CLI uses is a download of its own, which closed networks do not let through.

/** Holds `schema.prisma` and the folder `migrations`. */
const PRISMA = join(PACKAGE_ROOT, 'prisma');

/** The names of all migrations, in the order in which they are applied. */
export async function migrationNames(folder = PRISMA): Promise<string[]> {
  const entries = await readdir(join(folder, 'migrations'), { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/** Applies what is missing to the schema, which is there, and answers the names of that. Of ours, unless told otherwise. */
export async function applyMigrations(url: string, schema = schemaOf(url), folder = PRISMA): Promise<string[]> {
  const { SchemaEngine } = await loadEngine();
  const datamodel = join(folder, 'schema.prisma');
  const pool = new Pool({
    connectionString: url,
    max: 1,
    // No script names a schema: what it makes lies in the first of this path.
    onConnect: async (client) => {
      await client.query(`SET search_path = ${escapeIdentifier(schema)}`);
    },
  });
  pool.on('error', () => {}); // A connection that is cut fails the statement at hand, which is where it counts.
  const engine = await SchemaEngine.new(
    { datamodels: [[datamodel, await readFile(datamodel, 'utf8')]] },
    () => {}, // The engine's own log.
    bindMigrationAwareSqlAdapterFactory(new WholeScripts(pool, { schema })),
  );
  try {
    const answer = await engine.applyMigrations({
      migrationsList: await migrationsList(folder),
      filters: { externalTables: [], externalEnums: [] },
    });
    return answer.appliedMigrationNames;
  } finally {
    engine.free();
    await pool.end(); // With its connection ends the engine's advisory lock, for which others may be waiting.
  }
}

/**
 * Prisma's adapter cuts a script at every semicolon, also inside functions and comments. Without arguments Postgres takes
 * it whole, and in one transaction, as the engine's binary sends it.
 */
class WholeScripts extends PrismaPg {
  override async connect() {
    const adapter = await super.connect();
    adapter.executeScript = async (script) => {
      await adapter.executeRaw({ sql: script, args: [], argTypes: [] });
    };
    return adapter;
  }
}

async function migrationsList(folder: string) {
  const baseDir = join(folder, 'migrations');
  const directories = (await migrationNames(folder)).map(async (path) => {
    const value = await readFile(join(baseDir, path, 'migration.sql'), 'utf8');
    return { path, migrationFile: { path: 'migration.sql', content: { tag: 'ok', value } as const } };
  });
  const lockfile = 'migration_lock.toml';
  return {
    baseDir,
    lockfile: { path: lockfile, content: await readFile(join(baseDir, lockfile), 'utf8') },
    shadowDbInitScript: '',
    migrationDirectories: await Promise.all(directories),
  };
}

type Engine = typeof import('@prisma/schema-engine-wasm/schema_engine_bg', { with: { 'resolution-mode': 'import' }});
let engine: Promise<Engine> | undefined;

function loadEngine(): Promise<Engine> {
  engine ??= instantiate();
  return engine;
}

/** What the package's entry does with `import … from "….wasm"`, which Node does not know yet. */
async function instantiate(): Promise<Engine> {
  const bindings = await import('@prisma/schema-engine-wasm/schema_engine_bg');
  const folder = dirname(require.resolve('@prisma/schema-engine-wasm/schema_engine_bg'));
  const code = await readFile(join(folder, 'schema_engine_bg.wasm'));
  const { instance } = await WebAssembly.instantiate(code, { './schema_engine_bg.js': importsOf(bindings) });
  bindings.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  return bindings;
}

/** The engine leaves a timer of ten seconds behind, which must not keep a command that is done from ending. */
function importsOf(bindings: Engine): object {
  const later = (callback: () => void, ms: number) => setTimeout(callback, ms).unref();
  const timers = Object.keys(bindings).filter((name) => name.startsWith('__wbg_setTimeout_'));
  return { ...bindings, ...Object.fromEntries(timers.map((name) => [name, later])) };
}

/** The little of it that we use: Node has it, but its types come with the browser's alone. */
declare const WebAssembly: {
  instantiate(code: Uint8Array, imports: object): Promise<{ instance: { exports: { __wbindgen_start(): void } } }>;
};
