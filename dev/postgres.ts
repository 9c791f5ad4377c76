import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { MakegoodError } from '../errors';
import { freePort, LOOPBACK } from './ports';
import { postgresBinaries } from './postgres-binaries';
import { launchAs, letPass, postgresUser, type User } from './postgres-user';
import { type ServerProcess, startServerProcess, untilReady } from './server-process';

const OWNER = 'makegood_owner';
const DATABASE = 'makegood';
/** A start takes half a second; recovery after a crash may take more, on a slow disk. */
const READY_MS = 30_000;

export interface EmbeddedPostgres {
  readonly port: number;
  /** The database as its owner, who may do anything in this cluster. */
  readonly ownerUrl: string;
  /** The same database as another role. */
  url(role: string, password: string): string;
  /** Ends it. `immediate` is a crash: no checkpoint, every connection cut, recovery at the next start. */
  stop(how?: 'fast' | 'immediate'): Promise<void>;
  /** Starts it again after `stop`, on the same port and data. */
  start(): Promise<void>;
}

export interface PostgresOptions {
  /** Holds the cluster and its owner's password. A cluster that is there already is started as it is. */
  readonly dataDir: string;
  /** Default: any that is free. Throws PORT_TAKEN. */
  readonly port?: number | undefined;
  readonly onLog?: ((text: string) => void) | undefined;
}

/** Starts a Postgres of our own, on loopback only, with its durable defaults: it holds money, also in development. */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const asked = options.port === undefined ? undefined : { port: options.port, setting: 'MAKEGOOD_PG_PORT' };
  const port = await freePort(asked);
  const user = postgresUser();
  const dataDir = resolve(options.dataDir);
  const cluster = join(dataDir, 'cluster');
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await letPass(dataDir);
  const password = await ownerPassword(dataDir);
  const url = (role: string, secret: string, database = DATABASE) =>
    `postgresql://${encodeURIComponent(role)}:${encodeURIComponent(secret)}@${LOOPBACK}:${port}/${database}`;

  let server: ServerProcess | undefined;
  const stop = async (how: 'fast' | 'immediate' = 'fast') => {
    await server?.stop(how === 'immediate' ? 'SIGQUIT' : 'SIGINT');
  };
  const start = async () => {
    const bin = await postgresBinaries();
    if (!(await exists(join(cluster, 'PG_VERSION')))) await initialise(bin, cluster, password, user);
    const args = ['-D', cluster, '-p', String(port), ...settings()];
    server = startServerProcess({
      ...(await launchAs(user, join(bin, 'postgres'), args, cluster)),
      stopSignal: 'SIGINT', // "Fast shutdown": cuts connections, writes a checkpoint.
      onLog: options.onLog,
    });
    try {
      await untilReady(server, READY_MS, () => ensureDatabase(url(OWNER, password, 'postgres')));
    } catch (cause) {
      throw notStarted(server.lastOutput(), cause);
    }
  };
  const startOrTidy = () =>
    start().catch(async (error) => {
      await stop('immediate');
      throw error;
    });

  await startOrTidy();
  return { port, ownerUrl: url(OWNER, password), url, start: startOrTidy, stop };
}

function settings(): string[] {
  const values = {
    listen_addresses: LOOPBACK,
    timezone: 'UTC', // Not the machine's: the same on every machine.
    unix_socket_directories: '', // Only TCP: a socket file would lie about.
    max_connections: '200', // Two workers, a server and a test run, each with a pool of its own, and room for psql.
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function initialise(bin: string, cluster: string, password: string, user: User | undefined) {
  // A name beside the cluster, because initdb wants an empty folder; only its user may read it.
  const passwordFile = `${cluster}.password`;
  await mkdir(cluster, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (user !== undefined) await Promise.all([cluster, passwordFile].map((path) => chown(path, user.uid, user.gid)));
  try {
    // The builtin locale sorts the same on every machine.
    const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    const access = [`--username=${OWNER}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
    const args = ['-D', cluster, '--no-instructions', ...locale, ...access];
    const { command, args: all, ...identity } = await launchAs(user, join(bin, 'initdb'), args, cluster);
    await promisify(execFile)(command, [...all], { ...identity, cwd: cluster });
  } catch (cause) {
    await rm(cluster, { recursive: true, force: true }); // Else the next start would find half a cluster.
    throw notStarted(String((cause as { stderr?: unknown }).stderr ?? ''), cause);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

async function ensureDatabase(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  client.on('error', () => {}); // The connection may be cut after its last query; then nobody needs it.
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await client.end();
  }
}

async function ownerPassword(dataDir: string): Promise<string> {
  const path = join(dataDir, 'owner-password');
  if (!(await exists(path))) await writeFile(path, randomBytes(24).toString('base64url'), { mode: 0o600 });
  return readFile(path, 'utf8');
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function notStarted(output: string, cause: unknown): MakegoodError {
  const reason = output.split('\n').findLast((line) => /FATAL|ERROR|error/.test(line)) ?? output.slice(-300);
  return new MakegoodError('POSTGRES_UNREACHABLE', `The embedded Postgres did not start: ${reason}`, {}, { cause });
}
