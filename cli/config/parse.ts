import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import type { Step } from '../../activities/perform';
import { kindsOf } from '../../client/order';
import type { MakegoodConfig } from '../../config';
import { MakegoodError } from '../../errors';
import { emailDraft } from '../../kinds/email-draft';

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isFunction = (value: unknown) => typeof value === 'function';
const isKind = (value: unknown) =>
  isObject(value) && 'kind' in value && 'price' in value && isFunction(value.price) && 'tries' in value;
const isStep = (value: unknown) =>
  isObject(value) && 'activity' in value && 'of' in value && 'run' in value && isFunction(value.run);

const listOf = (isOne: (value: unknown) => boolean, message: string) =>
  z.custom<never>((value) => Array.isArray(value) && value.every(isOne), message);

const pathOf = (what: string) => z.string(`must be the path of a ${what}`).min(1).optional();

const STEPS = 'must be a list of what `perform` and `step` have made';

const Config = z.strictObject(
  {
    kinds: listOf(isKind, 'must be a list of what `definePaidWork` has made').optional(),
    work: z
      .custom<never>(
        (value) => isFunction(value) || (Array.isArray(value) && value.every(isStep)),
        `${STEPS}, or a function that makes one`,
      )
      .optional(),
    workflows: pathOf('module'),
    theme: pathOf('style sheet'),
    prices: z.custom<never>(isObject, 'must be prices by the names of kinds').optional(),
    tries: z.custom<never>(isObject, 'must be an object').optional(),
    dataConverter: z.custom<never>(isObject, 'must be a data converter of Temporal').optional(),
  },
  { error: ({ code }) => (code === 'invalid_type' ? 'its default export must be `defineConfig({ … })`' : undefined) },
);

const PATHS = ['workflows', 'theme'] as const;

/** What a file in `folder` has exported, checked. Throws INVALID_SETTING. */
export function parseConfig(given: unknown, folder: string): MakegoodConfig {
  const { error } = Config.safeParse(given);
  if (error) {
    throw invalid(error.issues.map(({ path, message }) => [...path.map((at) => `${String(at)}:`), message].join(' ')));
  }
  const config = given as MakegoodConfig;
  kindsOf(config.kinds ?? [emailDraft], config); // Prices of no kind, tries that Temporal would not take.
  const paths = PATHS.flatMap((name) => {
    const path = config[name];
    if (path === undefined) return [];
    const absolute = resolve(folder, path);
    if (!existsSync(absolute)) throw invalid([`${name}: there is no file ${path}`]);
    return [[name, absolute] as const];
  });
  return { ...config, ...Object.fromEntries(paths) };
}

/** The steps that a worker does. Throws INVALID_SETTING for what is none. */
export async function stepsOf({ work = [] }: MakegoodConfig): Promise<readonly Step[]> {
  const steps = typeof work === 'function' ? await called(work) : work;
  if (Array.isArray(steps) && steps.every(isStep)) return steps;
  throw invalid([`work of the configuration ${STEPS}`]);
}

async function called<T>(work: () => T): Promise<Awaited<T>> {
  try {
    return await work();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new MakegoodError('INVALID_SETTING', `work of the configuration: ${message}`, {}, { cause });
  }
}

const invalid = (faults: readonly string[]) => new MakegoodError('INVALID_SETTING', `${faults.join('; ')}.`);
