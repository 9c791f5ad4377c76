import { escapeIdentifier, Pool } from 'pg';
import { Prisma, PrismaClient } from '../prisma/client/client';
import { schemaOf } from '../prisma/schema-name';
import { PLAIN, type TextCipher } from './encryption';
import { FunctionCalls } from './function-calls';
import { AT_WORK, Moves } from './moves';
import { PrismaPgInAnyZone } from './time-zones';

/**
 * The connection to Postgres. All reads go through Prisma; credits move through `moves` alone. Nothing that it does
 * depends on a setting of the session: a pooler hands each transaction to another one.
 */
export type Database = PrismaClient & {
  readonly moves: Moves;
  /** The schema that holds the ledger, for SQL of one's own: `SELECT … FROM ${db.schema}.account`. */
  readonly schema: Prisma.Sql;
  /** Encrypts and decrypts what the generations say. Every text of theirs passes it, in and out. */
  readonly texts: TextCipher;
};

/** What a caller waits for a connection: longer than a busy moment, shorter than a request's patience. */
const CONNECT_TIMEOUT_MS = 5_000;
/**
 * A movement of credits takes milliseconds. One that takes longer waits for a lost server: ask again. Postgres itself
 * gives up a little earlier (prisma/logins.ts).
 */
const QUERY_TIMEOUT_MS = 15_000;

/** Accounts that are locked by others, or whose moves are not ordinary, at a time: rare, and each for milliseconds. */
const LANES = 4;

/** Opens pools: for reads of at most `connections`, and for moves of a few. Close it by `$disconnect`. `texts`: from `ledgerEncryption`. */
export function openDatabase(url: string, connections = 10, texts = PLAIN): Database {
  const schema = schemaOf(url);
  const config = {
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
    application_name: 'makegood',
  };
  const prisma = new PrismaClient({ adapter: new PrismaPgInAnyZone({ ...config, max: connections }, { schema }) });
  const pool = (max: number) => {
    const opened = new Pool({ ...config, max });
    opened.on('error', () => {}); // An idle connection that is cut is replaced; one in use fails its query.
    return opened;
  };
  const moves = new Moves(pool(AT_WORK), pool(LANES), new FunctionCalls(schema));
  const disconnect = async () => {
    await Promise.all([prisma.$disconnect(), moves.close()]);
  };
  const ours = { moves, texts, schema: Prisma.raw(escapeIdentifier(schema)), $disconnect: disconnect };
  return new Proxy(prisma, {
    get: (client, name) =>
      Object.hasOwn(ours, name) ? ours[name as keyof typeof ours] : Reflect.get(client, name, client),
  }) as Database;
}
