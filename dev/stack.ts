import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { KEYS_VARIABLE } from '../encryption';
import { defaultGrants } from '../prisma/grants';
import { migrate } from '../prisma/migrate';
import type { Role } from '../prisma/rights';
import { withSchema } from '../prisma/schema-name';
import type { RunningCodecServer } from '../server/codec-server';
import { OPERATOR_URL, postgresUrl, retentionDays } from '../settings';
import { freePort, LOOPBACK, portSetting } from './ports';
import { type EmbeddedPostgres, startPostgres } from './postgres';
import { letPass } from './postgres-user';
import { watch } from './reaper';
import { type Sandbox, startSandbox } from './sandbox/server';
import { type EmbeddedTemporal, startTemporal } from './temporal';
import { temporalBinary } from './temporal-binary';

/** Postgres, Temporal and a provider: each embedded, unless the environment names a real one. */
export interface Stack {
  /** Every variable that points another process at this stack, with what was configured passed through. */
  readonly env: Record<string, string>;
  /** The same for the HTTP API, whose login may do less with the ledger. */
  readonly serverEnv: Record<string, string>;
  /** Where to look with a browser, or to connect: only what is embedded. */
  readonly urls: {
    readonly postgres?: string;
    readonly temporal?: string;
    readonly codec?: string;
    readonly sandbox?: string;
  };
  readonly postgres?: EmbeddedPostgres;
  readonly temporal?: EmbeddedTemporal;
  readonly sandbox?: Sandbox;
  /** Ends what it started and removes a temporary folder. End the workers first. Harmless to call twice. */
  stop(): Promise<void>;
}

export interface StackOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Keeps the data over restarts. Default: a temporary folder, removed by `stop`. */
  readonly dataDir?: string | undefined;
  readonly report: (line: string) => void;
}

/** Of `env` what finds our programs and folders: nothing in it leads to a real database, Temporal or provider. */
export function bareEnv({ PATH, HOME, TMPDIR, TEMPORAL_CLI_PATH, XDG_CACHE_HOME }: NodeJS.ProcessEnv): Env {
  const found = { PATH, HOME, TMPDIR, TEMPORAL_CLI_PATH, XDG_CACHE_HOME };
  return Object.fromEntries(Object.entries(found).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** The logins of the embedded Postgres, and what each may do. */
const LOGINS = { worker: 'dev_worker', server: 'dev_server', operator: 'dev_operator' } as const satisfies Partial<
  Record<Role, string>
>;

/**
 * Starts what `env` does not configure, and migrates. Ports: `MAKEGOOD_PG_PORT`, `MAKEGOOD_TEMPORAL_PORT`,
 * `MAKEGOOD_TEMPORAL_UI_PORT`, `MAKEGOOD_SANDBOX_PORT`, or any that are free. Throws INVALID_SETTING, PORT_TAKEN,
 * POSTGRES_UNREACHABLE and TEMPORAL_UNREACHABLE; then nothing is left running.
 */
export async function startStack({ env, dataDir, report }: StackOptions): Promise<Stack> {
  const ports = await portsOf(env); // First: a mistake in a setting should show before anything starts.
  const closers: (() => Promise<void>)[] = [];
  const stop = async () => {
    // The servers know nothing of each other; the folder goes when they have let go of it.
    const [folder, ...servers] = closers.splice(0);
    await allOrThrow(servers.map((close) => close())).finally(() => folder?.());
  };

  try {
    const data = await openFolder(dataDir);
    closers.push(data.close);
    const keep = <T extends { stop(): Promise<void> }>(server: T): T => {
      closers.push(() => server.stop());
      return server;
    };
    const parts = await allOrThrow([
      postgresPart(env, data.path, ports.postgres, report, keep),
      temporalPart(env, data.path, dataDir !== undefined, ports, report, keep),
      sandboxPart(env, ports.sandbox, report, keep),
    ]);
    const [{ postgres, serverUrl }, { temporal, codec }, { sandbox }] = parts;
    const all: Env = Object.assign(configured(env), ...parts.map((part) => part.env));
    return {
      env: all,
      serverEnv: { ...all, ...(serverUrl && { DATABASE_URL: serverUrl }) },
      urls: {
        ...(postgres && { postgres: postgres.ownerUrl }),
        ...(temporal && { temporal: temporal.uiUrl }),
        ...(codec && { codec: codec.url }),
        ...(sandbox && { sandbox: sandbox.baseUrl }),
      },
      ...(postgres && { postgres }),
      ...(temporal && { temporal }),
      ...(sandbox && { sandbox }),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Report = (line: string) => void;
type Keep = <T extends { stop(): Promise<void> }>(server: T) => T;
type Env = Record<string, string>;

async function postgresPart(
  env: NodeJS.ProcessEnv,
  folder: string,
  port: number | undefined,
  report: Report,
  keep: Keep,
): Promise<{ env: Env; postgres?: EmbeddedPostgres; serverUrl?: string }> {
  if (env.DATABASE_URL) {
    const setting = env.MAKEGOOD_OWNER_DATABASE_URL ? 'MAKEGOOD_OWNER_DATABASE_URL' : 'DATABASE_URL';
    await migrate({
      ownerUrl: postgresUrl(env, setting),
      grants: defaultGrants(env),
      retentionDays: retentionDays(env),
      report,
    });
    return { env: {} };
  }
  const dataDir = join(folder, 'postgres');
  const postgres = keep(await startPostgres({ dataDir, port }));
  const password = await secret(join(dataDir, 'login-password'));
  const url = (role: keyof typeof LOGINS) => postgres.url(LOGINS[role], password);
  const grants = (['worker', 'server', 'operator'] as const).map((role) => ({
    login: LOGINS[role],
    password,
    roles: [role],
  }));
  await migrate({
    ownerUrl: withSchema(postgres.ownerUrl, env.MAKEGOOD_SCHEMA),
    grants,
    retentionDays: retentionDays(env),
    report: () => {},
  });
  report(`Postgres is ready on port ${postgres.port}`);
  return {
    postgres,
    serverUrl: url('server'),
    env: {
      DATABASE_URL: url('worker'),
      [OPERATOR_URL]: url('operator'),
      MAKEGOOD_OWNER_DATABASE_URL: postgres.ownerUrl,
    },
  };
}

async function temporalPart(
  env: NodeJS.ProcessEnv,
  folder: string,
  keepData: boolean,
  ports: { readonly temporal?: number | undefined; readonly temporalUi?: number | undefined },
  report: Report,
  keep: Keep,
): Promise<{ env: Env; temporal?: EmbeddedTemporal; codec?: RunningCodecServer }> {
  if (env.TEMPORAL_ADDRESS || env.TEMPORAL_CONFIG_FILE || env.TEMPORAL_PROFILE) return { env: {} };
  const binary = await temporalBinary(report, env);
  const dbFile = keepData ? join(folder, 'temporal.db') : undefined; // In memory it is faster.
  const uiPort = ports.temporalUi ?? (await freePort());
  const codec = env[KEYS_VARIABLE] ? keep(await startCodec(env, uiPort)) : undefined;
  const codecEndpoint = codec?.url;
  const temporal = keep(await startTemporal({ binary, port: ports.temporal, uiPort, codecEndpoint, dbFile }));
  report(`Temporal is ready on ${temporal.address}, its Web UI on ${temporal.uiUrl}`);
  return {
    temporal,
    ...(codec && { codec }),
    env: {
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: temporal.namespace,
      TEMPORAL_UI_URL: temporal.uiUrl,
      // A file that is not there: else TLS or a key from the user's own profile would be used with our server.
      TEMPORAL_CONFIG_FILE: join(folder, 'no-profile.toml'),
    },
  };
}

/** What the Web UI shows of encrypted payloads: on loopback, for its own pages, as all else here. */
async function startCodec(env: NodeJS.ProcessEnv, uiPort: number): Promise<RunningCodecServer> {
  // Loaded when it is needed: every command would wait for it.
  const { startCodecServer } = require('../server/codec-server') as typeof import('../server/codec-server');
  const own = { [KEYS_VARIABLE]: env[KEYS_VARIABLE], MAKEGOOD_LOG: env.MAKEGOOD_LOG };
  return startCodecServer({ env: own, origin: `http://${LOOPBACK}:${uiPort}` });
}

async function sandboxPart(
  env: NodeJS.ProcessEnv,
  port: number | undefined,
  report: Report,
  keep: Keep,
): Promise<{ env: Env; sandbox?: Sandbox }> {
  if (env.OPENAI_BASE_URL || env.OPENAI_API_KEY) return { env: {} };
  const sandbox = keep(await startSandbox({ port }));
  report(`No OPENAI_API_KEY is set: the sandbox provider answers on ${sandbox.baseUrl}`);
  return { sandbox, env: { OPENAI_BASE_URL: sandbox.baseUrl, OPENAI_API_KEY: 'sandbox' } };
}

async function portsOf(env: NodeJS.ProcessEnv) {
  const port = async (setting: string) => {
    const asked = portSetting(env, setting);
    return asked && freePort(asked);
  };
  return {
    postgres: await port('MAKEGOOD_PG_PORT'),
    temporal: await port('MAKEGOOD_TEMPORAL_PORT'),
    temporalUi: await port('MAKEGOOD_TEMPORAL_UI_PORT'),
    sandbox: await port('MAKEGOOD_SANDBOX_PORT'),
  };
}

/** The folder of the data. A temporary one is removed at the end, by the reaper if need be. */
async function openFolder(dataDir: string | undefined): Promise<{ path: string; close(): Promise<void> }> {
  if (dataDir !== undefined) {
    const path = resolve(dataDir);
    await mkdir(path, { recursive: true });
    return { path, close: async () => {} };
  }
  const path = await mkdtemp(join(tmpdir(), 'makegood-'));
  const release = watch({ path });
  await letPass(path);
  return {
    path,
    close: async () => {
      await rm(path, { recursive: true, force: true });
      release();
    },
  };
}

/** A password that stays the same as long as the data does. */
async function secret(path: string): Promise<string> {
  await writeFile(path, randomBytes(24).toString('base64url'), { mode: 0o600, flag: 'wx' }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    },
  );
  return readFile(path, 'utf8');
}

/** What the user has configured of the three, which other processes of this stack need as well. */
function configured(env: NodeJS.ProcessEnv): Env {
  const ours = /^(DATABASE_URL|MAKEGOOD_((OWNER|OPERATOR)_DATABASE_URL|SCHEMA|ENCRYPT\w+)|(TEMPORAL|OPENAI)_\w+)$/;
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => ours.test(entry[0]) && !!entry[1]),
  );
}

/** Like `Promise.all`, but when one fails it waits for the others, so that whatever they started can be ended. */
async function allOrThrow<T extends readonly unknown[]>(promises: [...{ [K in keyof T]: Promise<T[K]> }]): Promise<T> {
  await Promise.allSettled(promises);
  return (await Promise.all(promises)) as unknown as T;
}
