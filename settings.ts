import { MakegoodError } from './errors';
import { withSchema } from './prisma/schema-name';

/** The settings that a worker, a client and the command line share. All come from the environment. */
export interface Settings {
  readonly databaseUrl: string;
  /** For what only operators may do, where that takes another login. */
  readonly operatorUrl?: string;
  readonly taskQueue: string;
  /** Where operators look; for links only. */
  readonly temporalUiUrl?: string;
}

export interface ProviderSettings {
  readonly baseUrl?: string;
  readonly apiKey: string;
  readonly model: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/** The setting of the login that grants credits and makes keys. */
export const OPERATOR_URL = 'MAKEGOOD_OPERATOR_DATABASE_URL';

/** Throws INVALID_SETTING, naming the variable. */
export function readSettings(env: Env = process.env): Settings {
  const temporalUiUrl = env.TEMPORAL_UI_URL;
  return {
    databaseUrl: postgresUrl(env, 'DATABASE_URL'),
    ...(env[OPERATOR_URL] ? { operatorUrl: postgresUrl(env, OPERATOR_URL) } : {}),
    taskQueue: env.MAKEGOOD_TASK_QUEUE || 'makegood',
    ...(temporalUiUrl ? { temporalUiUrl } : {}),
  };
}

export function readProviderSettings(env: Env = process.env): ProviderSettings {
  const { OPENAI_BASE_URL: baseUrl, OPENAI_API_KEY: apiKey, OPENAI_MODEL: model } = env;
  if (!apiKey)
    throw new MakegoodError('INVALID_SETTING', 'OPENAI_API_KEY is not set: the worker needs a provider key.');
  return { apiKey, model: model || 'gpt-5-mini', ...(baseUrl ? { baseUrl } : {}) };
}

/** The Postgres URL that a variable names, with the schema of MAKEGOOD_SCHEMA in it. Throws INVALID_SETTING. */
export function postgresUrl(env: Env, name: string): string {
  const value = env[name];
  if (!value)
    throw new MakegoodError('INVALID_SETTING', `${name} is not set. Start \`makegood dev\` in this folder or set it.`);
  if (!/^postgres(ql)?:\/\//.test(value) || !URL.canParse(value)) {
    throw new MakegoodError('INVALID_SETTING', `${name} must be a URL like postgresql://user:password@host:5432/name.`);
  }
  return withSchema(value, env.MAKEGOOD_SCHEMA);
}

/** A whole number within bounds, or the default. */
export function wholeNumber(env: Env, name: string, fallback: number, min: number, max: number): number {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= min && number <= max) return number;
  throw new MakegoodError('INVALID_SETTING', `${name} must be a whole number from ${min} to ${max}, not "${text}".`);
}

/**
 * After how many days what was delivered is erased; nothing where it is kept. At most a century: what is kept for longer
 * is kept for good.
 */
export function retentionDays(env: Env): number | undefined {
  const days = wholeNumber(env, 'MAKEGOOD_OUTPUT_RETENTION_DAYS', 0, 1, 36_500);
  return days === 0 ? undefined : days;
}
