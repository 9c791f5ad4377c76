import { MakegoodError } from '../errors';

/**
 * Postgres refuses the data itself (SQLSTATE classes 22, data exception, and 23, constraint violation): the same call
 * can never succeed, so it is never retried.
 */
export class LedgerRefusal extends Error {
  override readonly name = 'LedgerRefusal';
  constructor(
    readonly sqlState: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The SQLSTATE and text of a database error, wherever Prisma and its adapter put them. */
function sqlCause(error: unknown): { sqlState?: string; text: string } {
  const text = error instanceof Error ? error.message : String(error);
  let sqlState: string | undefined;
  let detail: string | undefined;
  for (let at = error as Nested | undefined, depth = 0; at && depth < 6; depth++) {
    sqlState ??= [at.originalCode, at.code].find(
      (code) => /^[0-9A-Z]{5}$/.test(code ?? '') && !/^P\d{4}$/.test(code ?? ''),
    );
    detail ??= at.originalMessage;
    at = at.meta?.driverAdapterError ?? at.cause;
  }
  return { ...(sqlState === undefined ? {} : { sqlState }), text: detail ?? text };
}

interface Nested {
  code?: string;
  originalCode?: string;
  originalMessage?: string;
  meta?: { driverAdapterError?: Nested };
  cause?: Nested | undefined;
}

/** Undefined table, function, column or schema: the migrations have not been applied. */
const MISSING = new Set(['42P01', '42883', '42703', '3F000']);
/** insufficient_privilege: the login was not given the role that this takes. */
const NOT_ALLOWED = '42501';
/** The database named by the URL does not exist, or refuses this role. */
const REFUSED_LOGIN = /^(3D000|28...)$/;

/** SQLSTATE lock_not_available: somebody else has locked the account, and nothing was done. */
export const isLockTimeout = (error: unknown): boolean => sqlCause(error).sqlState === '55P03';
/** SQLSTATE invalid_transaction_state: our functions move credits at READ COMMITTED only. */
export const isWrongIsolation = (error: unknown): boolean => sqlCause(error).sqlState === '25000';

/** The same of what only operators may do: theirs is another login. */
export function asOperatorError(error: unknown): Error {
  const known = asLedgerError(error);
  if (!(known instanceof MakegoodError) || known.code !== 'RIGHT_MISSING') return known;
  return new MakegoodError('OPERATOR_NEEDED', undefined, {}, { cause: known });
}

/** SQLSTATE invalid_sql_statement_name, duplicate_prepared_statement: a pooler has changed the connection beneath us. */
export const isStatementLost = (error: unknown): boolean => /^(26000|42P05)$/.test(sqlCause(error).sqlState ?? '');

/** Turns any database failure into a typed one. What is neither refusal nor migration is worth asking again. */
export function asLedgerError(error: unknown): Error {
  if (error instanceof MakegoodError || error instanceof LedgerRefusal) return error;
  const { sqlState, text } = sqlCause(error);
  if (sqlState !== undefined) {
    if (/^2[23]/.test(sqlState)) return new LedgerRefusal(sqlState, text, { cause: error });
    if (MISSING.has(sqlState)) return new MakegoodError('MIGRATIONS_MISSING', undefined, {}, { cause: error });
    if (sqlState === NOT_ALLOWED) return new MakegoodError('RIGHT_MISSING', undefined, {}, { cause: error });
    if (!REFUSED_LOGIN.test(sqlState) && !/^(08|53|55P03|57)/.test(sqlState)) {
      return error instanceof Error ? error : new Error(text);
    }
  }
  if (sqlState === '55P03') {
    const message = 'Somebody else has locked this account in Postgres: ask again.';
    return new MakegoodError('POSTGRES_UNREACHABLE', message, {}, { cause: error });
  }
  return new MakegoodError(
    'POSTGRES_UNREACHABLE',
    `Postgres is not reachable: ${text.split('\n').pop()?.trim()}. Check DATABASE_URL.`,
    {},
    { cause: error },
  );
}
