import { randomUUID } from 'node:crypto';
import { Pool } from 'pg';
import { type Makegood, type MakegoodOptions, openMakegood } from '../../client/makegood';
import { inOurSchema } from '../../prisma/schema-name';
import { SERVER_VARIABLE, STACK_VARIABLE } from './global-setup';
import { type ChildWorker, spawnWorker } from './worker-process';

export { type ChildWorker, MAIN, spawnWorker } from './worker-process';

/** The variables that point at the shared stack, for a client or a child process. */
export function stackEnv(): Record<string, string> {
  return JSON.parse(process.env[STACK_VARIABLE] ?? '{}') as Record<string, string>;
}

/** The same for a child process or server that is the HTTP API. */
export function serverEnv(): Record<string, string> {
  return JSON.parse(process.env[SERVER_VARIABLE] ?? '{}') as Record<string, string>;
}

const closers: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Runs `close` when the test file is through. */
export const onClose = (close: () => Promise<void>) => void closers.push(close);

/** A client of the shared stack, closed with the test file. */
export function client(options: MakegoodOptions = {}): Makegood {
  const makegood = openMakegood({ env: stackEnv(), ...options });
  onClose(() => makegood.close());
  return makegood;
}

let shared: Makegood | undefined;
/** The file's own client, for tests that need no settings. */
export const makegood = (): Makegood => {
  shared ??= client();
  return shared;
};

/** An account of the test's own. */
export async function newAccount(credits = 10): Promise<string> {
  const account = `t-${randomUUID()}`;
  await makegood().grant({ account, credits, reason: 'For the test' });
  return account;
}

/** A recipient of the sandbox provider, of the test's own: `down` → `down+3f2a@sandbox.test`. */
export const address = (behaviour: string) => `${behaviour}+${randomUUID().slice(0, 13)}@sandbox.test`;

let owner: Pool | undefined;
/** The owner of the tables: for looking, and for breaking on purpose. */
export function ownerSql(): Pool {
  if (!owner) {
    const pool = new Pool({ ...inOurSchema(stackEnv().MAKEGOOD_OWNER_DATABASE_URL as string), max: 4 });
    owner = pool;
    onClose(() => pool.end());
  }
  return owner;
}

export interface ProviderRequest {
  readonly generation?: string;
  readonly run?: string;
  readonly attempt?: number;
  readonly to?: string;
  readonly at: string;
  readonly status?: number;
  readonly aborted: boolean;
}

/** What the sandbox provider was asked, of this recipient or generation (`account/id`). */
export async function sandboxRequests(
  filter: { to?: string; generation?: string },
  env = stackEnv(),
): Promise<{ count: number; aborted: number; requests: ProviderRequest[] }> {
  const url = new URL('/requests', env.OPENAI_BASE_URL);
  for (const [name, value] of Object.entries(filter)) url.searchParams.set(name, value);
  return (await (await fetch(url)).json()) as Awaited<ReturnType<typeof sandboxRequests>>;
}

/** A task queue of the test's own, with no worker until it starts one. */
export function ownQueue(extra: Record<string, string> = {}) {
  const env = { ...stackEnv(), MAKEGOOD_TASK_QUEUE: `q-${randomUUID()}`, ...extra };
  return {
    env,
    makegood: client({ env }),
    async startWorker(more: Record<string, string> = {}): Promise<ChildWorker> {
      const worker = await spawnWorker({ ...env, ...more });
      onClose(() => worker.kill());
      return worker;
    },
  };
}

/** Fifty seconds of looking: below the minute that a test has, so that it can say what it has waited for. */
const LOOKS = 1_000;
const BETWEEN_LOOKS_MS = 50;

/** Waits until `look` finds something; a test that waits for ever ends with the name of what is missing. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false | null>,
  looks = LOOKS,
): Promise<T> {
  for (let left = looks; left > 0; left--) {
    const found = await look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_LOOKS_MS));
  }
  throw new Error(`waited in vain for ${what}`);
}
