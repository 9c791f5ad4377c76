import { PrismaPg } from '@prisma/adapter-pg';
import { Client, types } from 'pg';

// Prisma's adapter takes every session for one of UTC: it drops the offset of the moments that it reads, and sends them
// without one (Prisma's issue 26786). No session is set to UTC for it, because a pooler loses that setting or refuses
// it: here a moment says its offset, both ways.

type Parser = (text: string) => unknown;

const ISO = /\d{4,}-\d{2}-\d{2} /;

const toUtc = (moment: unknown) => (moment instanceof Date ? moment.toISOString() : moment);

/** Postgres prints the offset of its session's zone with each moment; `pg` reads it. */
function inUtc(oid: number): Parser {
  const parse = types.getTypeParser(oid, 'text');
  return (text) => {
    // In any other DateStyle the zone is a word, which would be guessed at.
    if (/\d/.test(text) && !ISO.test(text)) throw new Error(`The DateStyle of the session must be ISO, not: ${text}`);
    const value = parse(text);
    return Array.isArray(value) ? value.map(toUtc) : toUtc(value);
  };
}

/** By the object ids of `timestamptz` and `timestamptz[]`. */
const MOMENTS: Readonly<Record<number, Parser>> = { 1184: inUtc(1184), 1185: inUtc(1185) };

interface TypedQuery {
  readonly types?: { getTypeParser(oid: number, format?: string): Parser };
}

/** A connection whose answers bear moments in UTC, whatever parsers a query brings along. */
class UtcClient extends Client {
  // biome-ignore lint/suspicious/noExplicitAny: the overloads of `pg` have nothing in common.
  override query(query: any, ...rest: any[]): any {
    const { types: own } = query as TypedQuery;
    if (own === undefined) return super.query(query, ...(rest as []));
    const getTypeParser = (oid: number, format?: string) =>
      (format !== 'binary' && MOMENTS[oid]) || own.getTypeParser(oid, format);
    return super.query({ ...query, types: { getTypeParser } }, ...(rest as []));
  }
}

type Adapter = Awaited<ReturnType<PrismaPg['connect']>>;
type Queries = Pick<Adapter, 'queryRaw' | 'executeRaw'>;
type Query = Parameters<Adapter['queryRaw']>[0];
type ArgType = Query['argTypes'][number];

/** Prisma's adapter for Postgres, for sessions of any time zone. */
export class PrismaPgInAnyZone extends PrismaPg {
  constructor(config: ConstructorParameters<typeof PrismaPg>[0] & object, options: { readonly schema: string }) {
    super({ ...config, Client: UtcClient } as typeof config, options);
  }

  override async connect(): Promise<Adapter> {
    const adapter = sendingOffsets(await super.connect());
    const start = adapter.startTransaction.bind(adapter);
    adapter.startTransaction = async (isolation) => sendingOffsets(await start(isolation));
    return adapter;
  }
}

function sendingOffsets<T extends Queries>(queries: T): T {
  const { queryRaw, executeRaw } = queries;
  queries.queryRaw = (query) => queryRaw.call(queries, withOffsets(query));
  queries.executeRaw = (query) => executeRaw.call(queries, withOffsets(query));
  return queries;
}

function withOffsets(query: Query): Query {
  const isMoment = query.argTypes.map((type) => type.scalarType === 'datetime' && !isDateOrTime(type));
  if (!isMoment.includes(true)) return query;
  return {
    ...query,
    args: query.args.map((arg, index) => (isMoment[index] ? asText(arg) : arg)),
    // As a text it is passed on as it is.
    argTypes: query.argTypes.map((type, index) => (isMoment[index] ? { ...type, scalarType: 'string' } : type)),
  };
}

const isDateOrTime = ({ dbType }: ArgType) => dbType !== undefined && /^(DATE|TIME|TIMETZ)$/.test(dbType);

function asText(arg: unknown): unknown {
  if (Array.isArray(arg)) return arg.map(asText);
  return arg === null ? null : new Date(arg as string | Date).toISOString();
}
