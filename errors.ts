/**
 * The one table of errors. Each has a stable code, an HTTP status and a sentence for people; `MakegoodError` carries
 * one of them. Codes are part of the public interface: they are never renamed.
 */
export const ERRORS = {
  INVALID_INPUT: { status: 422, title: 'The input is not valid.' },
  UNKNOWN_ACCOUNT: { status: 404, title: 'There is no such account. A first grant creates it.' },
  UNKNOWN_GENERATION: { status: 404, title: 'This account has no generation with this id.' },
  INSUFFICIENT_CREDITS: { status: 402, title: 'The balance is too low. Nothing was charged.' },
  GENERATION_CONFLICT: {
    status: 409,
    title: 'A generation with this id already exists, with a different input. Use a new id.',
  },
  GRANT_CONFLICT: { status: 409, title: 'This key was already used to grant a different amount. Use a new key.' },
  ADJUSTMENT_CONFLICT: {
    status: 409,
    title: 'This key was already used, for a grant or for a different adjustment. Use a new key.',
  },
  BALANCE_LIMIT: {
    status: 422,
    title: 'This would take the account past the largest balance that can be kept exactly.',
  },
  START_FAILED: { status: 500, title: 'The generation could not be started. Nothing was charged.' },
  NOT_REFUNDED: { status: 409, title: 'Only a refunded generation can be retried.' },
  PART_OF_WORKFLOW: {
    status: 409,
    title: 'This generation is part of a larger workflow. Cancel it there, or start again under a new id.',
  },
  INPUT_GONE: {
    status: 409,
    title: 'Temporal no longer has the input of this generation. Send the input with the retry.',
  },
  NOT_ENDED: { status: 409, title: 'A generation is still under way. Cancel it first, then erase.' },
  ACCOUNT_ERASED: {
    status: 410,
    title: 'This account was erased. It can no longer be granted credits or start work.',
  },
  GENERATION_ERASED: {
    status: 410,
    title: 'The generation with this id was erased. Nothing was charged. Use a new id.',
  },
  TEMPORAL_UNREACHABLE: { status: 503, title: 'Temporal is not reachable. Check TEMPORAL_ADDRESS.' },
  TEMPORAL_REPLACED: {
    status: 503,
    title: 'This is not the Temporal namespace that the worker started with. Nothing was refunded. Restart the worker.',
  },
  POSTGRES_UNREACHABLE: { status: 503, title: 'Postgres is not reachable. Check DATABASE_URL.' },
  MIGRATIONS_MISSING: { status: 503, title: 'The database is not migrated. Run `makegood migrate`.' },
  RIGHT_MISSING: {
    status: 503,
    title: 'The Postgres login lacks a privilege. Give it its roles: `makegood migrate --grant LOGIN=worker,server`.',
  },
  UNKNOWN_ENCRYPTION_KEY: {
    status: 503,
    title: 'It is encrypted under a key that is not here. Add the key to MAKEGOOD_ENCRYPTION_KEYS.',
  },
  NOT_DECRYPTED: { status: 500, title: 'It does not decrypt: it was altered, or the key of this id is another one.' },
  OPERATOR_NEEDED: { status: 403, title: 'This needs an operator login. Set MAKEGOOD_OPERATOR_DATABASE_URL.' },
  // The HTTP API's own.
  MALFORMED_BODY: { status: 400, title: 'The body is not JSON.' },
  UNAUTHENTICATED: { status: 401, title: 'Send an API key that has not been revoked: `Authorization: Bearer mg_…`.' },
  FORBIDDEN: { status: 403, title: 'This API key does not have the scope that is needed here.' },
  NOT_FOUND: { status: 404, title: 'There is nothing at this path.' },
  UNKNOWN_KEY: { status: 404, title: 'There is no API key with this id.' },
  METHOD_NOT_ALLOWED: {
    status: 405,
    title: 'This path does not accept this method. The `Allow` header lists those it does.',
  },
  BODY_TOO_LARGE: { status: 413, title: 'The body is larger than this API accepts.' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'Send the body as `Content-Type: application/json`.' },
  INTERNAL_ERROR: { status: 500, title: 'Something went wrong on our side. It is safe to try again.' },
  INVALID_SETTING: { status: 500, title: 'A setting is not valid.' },
  PACKAGE_MISSING: { status: 500, title: 'A package that this needs is not installed.' },
  PORT_TAKEN: { status: 500, title: 'A port is already in use.' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** An error that a caller can act on. `message` is a whole sentence; `details` are machine-readable. */
export class MakegoodError extends Error {
  override readonly name: string = 'MakegoodError';

  constructor(
    readonly code: ErrorCode,
    message?: string,
    readonly details: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message ?? ERRORS[code].title, options);
  }

  get status(): number {
    return ERRORS[this.code].status;
  }
}

/** The balance is too short: in whole credits, what there is and what it takes. Nothing was charged. */
export class InsufficientCredits extends MakegoodError {
  override readonly name = 'InsufficientCredits';
  constructor(
    readonly balance: number,
    readonly price: number,
  ) {
    super('INSUFFICIENT_CREDITS', `The balance is ${balance}, the price ${price}. Nothing was charged.`, {
      balance,
      price,
    });
  }
}

/** The id is taken by a generation with another input. Nothing was charged for this one. */
export class GenerationConflict extends MakegoodError {
  override readonly name = 'GenerationConflict';
  constructor() {
    super('GENERATION_CONFLICT');
  }
}
