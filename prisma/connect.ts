import { Client } from 'pg';
import { MakegoodError } from '../errors';

/** Longer than a busy Postgres takes to accept a connection, shorter than anybody's patience with a command. */
const CONNECT_TIMEOUT_MS = 10_000;

/** Runs `work` on one connection. Throws POSTGRES_UNREACHABLE, naming `setting`, when there is none to be had. */
export async function withConnection<T>(
  url: string,
  setting: string,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = open(url, setting);
  client.on('error', () => {}); // A connection that is cut also fails the query at hand, which is where it counts.
  try {
    await client.connect();
  } catch (cause) {
    const where = `${client.host}:${client.port}/${client.database} as ${client.user}`;
    throw unreachable(`Postgres is not reachable at ${where}: ${reasonOf(cause)}. Check ${setting}.`, setting, cause);
  }
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function open(connectionString: string, setting: string): Client {
  try {
    return new Client({ connectionString, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  } catch (cause) {
    throw unreachable(
      `${setting} is not a Postgres URL (postgresql://role:password@host:port/database).`,
      setting,
      cause,
    );
  }
}

function unreachable(message: string, setting: string, cause: unknown): MakegoodError {
  return new MakegoodError('POSTGRES_UNREACHABLE', message, { setting }, { cause });
}

/** A name that resolves to several addresses fails with all their errors at once, and an empty message. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(String).join(', ');
  return error instanceof Error ? error.message : String(error);
}
