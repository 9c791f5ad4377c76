import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from '../prisma/client/client';

/** The connection to Postgres. All reads go through it; writes only through the functions of `credits.ts`. */
export type Database = PrismaClient;

/** What a caller waits for a connection: longer than a busy moment, shorter than a request's patience. */
const CONNECT_TIMEOUT_MS = 5_000;
/** A movement of credits takes milliseconds. One that takes longer waits for a lock or a lost server: ask again. */
const STATEMENT_TIMEOUT_MS = 15_000;

/**
 * The adapter takes every time for one of UTC, whatever zone the session has (Prisma's issue 26786), so the session must
 * be in UTC. Beside what the URL itself asks for by `options`.
 */
function inUtc(text: string): string {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  url.searchParams.set('options', `${url.searchParams.get('options') ?? ''} -c TimeZone=UTC`.trim());
  return url.href;
}

/** Opens a pool of at most `connections` (one a core and some for reads suffice: a movement is one round trip). */
export function openDatabase(url: string, connections = 10): Database {
  const adapter = new PrismaPg({
    connectionString: inUtc(url),
    max: connections,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: STATEMENT_TIMEOUT_MS,
    keepAlive: true,
    application_name: 'makegood',
  });
  return new PrismaClient({ adapter });
}
