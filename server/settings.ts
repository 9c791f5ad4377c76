import { existsSync } from 'node:fs';
import { MakegoodError } from '../errors';
import { secretOf } from './usage-session';

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const;

export interface ServerSettings {
  readonly logLevel: (typeof LOG_LEVELS)[number] | 'silent';
  /** Where browsers reach this server, if not where it listens. */
  readonly publicUrl?: string;
}

/** What the server alone reads, checked before it listens. Throws INVALID_SETTING, naming the variable. */
export function readServerSettings(env: Readonly<Record<string, string | undefined>>): ServerSettings {
  secretOf(env);
  const text = env.MAKEGOOD_LOG_LEVEL || 'info';
  const found = LOG_LEVELS.find((level) => level === text);
  if (!found) {
    throw new MakegoodError(
      'INVALID_SETTING',
      `MAKEGOOD_LOG_LEVEL must be one of ${LOG_LEVELS.join(', ')}, not "${text}".`,
    );
  }
  const logLevel = env.MAKEGOOD_LOG === 'silent' ? 'silent' : found; // As for the worker.
  if (env.MAKEGOOD_THEME_CSS && !existsSync(env.MAKEGOOD_THEME_CSS)) {
    throw new MakegoodError('INVALID_SETTING', `MAKEGOOD_THEME_CSS is not a file: ${env.MAKEGOOD_THEME_CSS}.`);
  }
  const publicUrl = env.MAKEGOOD_PUBLIC_URL;
  if (!publicUrl) return { logLevel };
  if (!/^https?:\/\//.test(publicUrl) || !URL.canParse(publicUrl)) {
    throw new MakegoodError('INVALID_SETTING', 'MAKEGOOD_PUBLIC_URL must be a URL like https://billing.example.com.');
  }
  // The page and its links lie at the root: a path would be lost without a word.
  if (new URL(publicUrl).pathname !== '/') {
    throw new MakegoodError('INVALID_SETTING', 'MAKEGOOD_PUBLIC_URL must have no path: the page is at /usage.');
  }
  return { logLevel, publicUrl };
}
