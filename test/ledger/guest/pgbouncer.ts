import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { freePort, LOOPBACK } from '../../../dev/ports';
import { letPass, postgresUser } from '../../../dev/postgres-user';
import { startServerProcess, untilReady } from '../../../dev/server-process';
import { onClose } from '../../harness';

/** Where Debian's package and others put it; it is on the PATH of root alone. */
const PLACES = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin'];

/** PgBouncer's program, where there is one on this machine. */
export const pgbouncerBinary = (): string | undefined =>
  PLACES.map((place) => join(place, 'pgbouncer')).find((path) => existsSync(path));

/** So few that each transaction of a client meets the session that another's has left. */
const SESSIONS = 3;

/**
 * A PgBouncer in transaction mode before the database that a URL names, with its defaults: it refuses whatever startup
 * parameter it does not know. Answers the URL of a login through it.
 */
export async function startPgBouncer(binary: string, target: string, logins: Record<string, string>) {
  const folder = await mkdtemp(join(tmpdir(), 'makegood-test-'));
  onClose(() => rm(folder, { recursive: true, force: true }));
  await letPass(folder);
  const { hostname, port: targetPort, pathname } = new URL(target);
  const database = pathname.slice(1);
  const port = await freePort();
  const [config, users] = [join(folder, 'pgbouncer.ini'), join(folder, 'users.txt')];
  await writeFile(
    users,
    Object.entries(logins)
      .map(([login, password]) => `"${login}" "${password}"\n`)
      .join(''),
  );
  await writeFile(
    config,
    [
      ...['[databases]', `${database} = host=${hostname} port=${targetPort} dbname=${database}`],
      ...['[pgbouncer]', `listen_addr = ${LOOPBACK}`, `listen_port = ${port}`, 'unix_socket_dir ='],
      ...['auth_type = scram-sha-256', `auth_file = ${users}`],
      ...['pool_mode = transaction', `default_pool_size = ${SESSIONS}`, 'max_client_conn = 200'],
    ].join('\n'),
  );
  for (const path of [config, users]) await chmod(path, 0o644); // It runs as another user than root.
  const server = startServerProcess({ command: binary, args: [config], ...postgresUser(), stopSignal: 'SIGINT' });
  onClose(() => server.stop('SIGTERM'));
  const url = (login: string) => {
    const through = new URL(target);
    Object.assign(through, { username: login, password: logins[login], host: `${LOOPBACK}:${port}` });
    return through.href;
  };
  await untilReady(server, 10_000, async () => {
    const client = new Client({ connectionString: url(Object.keys(logins)[0] as string) });
    await client.connect().finally(() => client.end());
  }).catch((cause) => {
    throw new Error(`PgBouncer did not start: ${server.lastOutput()}`, { cause });
  });
  return { url };
}
