import { existsSync } from 'node:fs';
import { basename, dirname, extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { MakegoodConfig } from '../../config';
import { MakegoodError } from '../../errors';
import { needPeers } from '../../peers';
import { parseConfig } from './parse';

type Env = Readonly<Record<string, string | undefined>>;

/** The first that is there is read. */
const NAMES = ['ts', 'mjs', 'cjs', 'js'].map((extension) => `makegood.config.${extension}`);

/**
 * The configuration that MAKEGOOD_CONFIG names, else that of this folder; empty where there is none. Its paths
 * are made absolute. Throws INVALID_SETTING, naming the file and what is wrong, and PACKAGE_MISSING.
 */
export async function readConfig(env: Env): Promise<MakegoodConfig> {
  const named = env.MAKEGOOD_CONFIG;
  const file = named || NAMES.find((name) => existsSync(name));
  if (!file) return {};
  const path = resolve(file);
  if (!existsSync(path)) throw new MakegoodError('INVALID_SETTING', `MAKEGOOD_CONFIG: there is no file ${file}.`);
  const given = await load(path);
  try {
    return parseConfig(given, dirname(path));
  } catch (error) {
    throw wrong(file, (error as Error).message, error);
  }
}

/** Its default export. */
async function load(path: string): Promise<unknown> {
  // Node loads JavaScript by itself.
  const typed = extname(path) === '.ts';
  if (typed) needPeers(basename(path), 'config');
  try {
    if (!typed) return exported(await import(pathToFileURL(path).href));
    const { createJiti } = await import('jiti');
    // As written: else a module without a default export would itself pass for one.
    return exported(await createJiti(path, { interopDefault: false }).import(path));
  } catch (error) {
    throw wrong(path, error instanceof Error ? error.message : String(error), error);
  }
}

/** What was compiled to CommonJS has its default export inside that of the module. */
function exported(module: { default?: unknown }): unknown {
  const outer = module.default;
  const compiled = typeof outer === 'object' && outer !== null && '__esModule' in outer && 'default' in outer;
  return compiled ? outer.default : outer;
}

const wrong = (file: string, what: string, cause: unknown) =>
  new MakegoodError('INVALID_SETTING', `${basename(file)}: ${what}`, {}, { cause });
