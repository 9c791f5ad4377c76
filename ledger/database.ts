import { PrismaPg } from '@prisma/adapter-pg';
import { Pool } from 'pg';
import { PrismaClient } from '../prisma/client/client';
import { Moves } from './moves';

/** The connection to Postgres. All reads go through Prisma; credits move through `moves` alone. */
export type Database = PrismaClient & { readonly moves: Moves };

/** What a caller waits for a connection: longer than a busy moment, shorter than a request's patience. */
const CONNECT_TIMEOUT_MS = 5_000;
/** A movement of credits takes milliseconds. One that takes longer waits for a lost server: ask again. */
const STATEMENT_TIMEOUT_MS = 15_000;
/** Postgres gives up a little earlier, or a statement that nobody waits for any more would keep its locks. */
const SERVER_STATEMENT_TIMEOUT_MS = 14_000;
/**
 * Movements of an account queue for its row, each for milliseconds. Where somebody else keeps it locked, those that wait
 * must not take the connections of all other accounts for longer: they ask again.
 */
const LOCK_TIMEOUT_MS = 2_000;

/** What every session is set to. */
const SESSION = [
  // The adapter takes every time for one of UTC, whatever zone the session has (Prisma's issue 26786).
  'TimeZone=UTC',
  `statement_timeout=${SERVER_STATEMENT_TIMEOUT_MS}`,
  `lock_timeout=${LOCK_TIMEOUT_MS}`,
];

/** Beside what the URL itself asks for by `options`. */
function withSession(text: string): string {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  url.searchParams.set(
    'options',
    [url.searchParams.get('options') ?? '', ...SESSION.map((setting) => `-c ${setting}`)].join(' ').trim(),
  );
  return url.href;
}

/** Accounts that are locked by others, or whose moves are not ordinary, at a time: rare, and each for milliseconds. */
const LANES = 4;

/** Opens pools: for reads of at most `connections`, and for moves of a few. Close it by `$disconnect`. */
export function openDatabase(url: string, connections = 10): Database {
  const config = {
    connectionString: withSession(url),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: STATEMENT_TIMEOUT_MS,
    keepAlive: true,
    application_name: 'makegood',
  };
  const prisma = new PrismaClient({ adapter: new PrismaPg({ ...config, max: connections }) });
  const pool = (max: number) => {
    const opened = new Pool({ ...config, max });
    opened.on('error', () => {}); // An idle connection that is cut is replaced; one in use fails its query.
    return opened;
  };
  const moves = new Moves(pool(1), pool(LANES), 'public');
  const disconnect = async () => {
    await Promise.all([prisma.$disconnect(), moves.close()]);
  };
  return new Proxy(prisma, {
    get: (client, name) =>
      name === 'moves' ? moves : name === '$disconnect' ? disconnect : Reflect.get(client, name, client),
  }) as Database;
}
