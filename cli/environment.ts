import { existsSync } from 'node:fs';
import { loadEnvFile } from 'node:process';
import { readState } from '../dev/state';
import { MakegoodError } from '../errors';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Settings that only make sense together: where one of them is set, nothing of a running `dev` is mixed in. Else a
 * profile of somebody's Temporal Cloud would be used with the address of the dev server.
 */
const GROUPS = [
  /^(MAKEGOOD_(OWNER|OPERATOR)_)?DATABASE_URL$|^MAKEGOOD_SCHEMA$/,
  /^TEMPORAL_/,
  /^OPENAI_/,
  /^MAKEGOOD_TASK_QUEUE$/,
  /^MAKEGOOD_ENCRYPT/,
];

/** Reads `.env` of this folder, where there is one. Variables that are set already win. */
export function loadDotEnv(): void {
  if (!existsSync('.env')) return;
  try {
    loadEnvFile('.env');
  } catch (cause) {
    throw new MakegoodError('INVALID_SETTING', `.env can't be read: ${(cause as Error).message}`, {}, { cause });
  }
}

/** The settings of a command: variables and `.env`, else those of the `dev` that runs in this folder. */
export function environment(): Env {
  loadDotEnv();
  const own = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value));
  const dev = readState()?.env ?? {};
  const missing = GROUPS.filter((group) => !Object.keys(own).some((name) => group.test(name)));
  const found = Object.entries(dev).filter(([name]) => missing.some((group) => group.test(name)));
  return { ...Object.fromEntries(found), ...own };
}
