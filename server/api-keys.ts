import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { MakegoodError } from '../errors';
import type { Database } from '../ledger/database';
import { asLedgerError, asOperatorError } from '../ledger/failures';
import { storableText } from '../ledger/text';
import { valid } from '../valid';

/** What a key may do, from least to most. Each scope includes those before it. */
export const SCOPES = ['read', 'write', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** A key as it is kept: nobody can tell the key from it. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
}

const NewKey = z.object({
  name: storableText(100).min(1, 'a key needs a name'),
  scopes: z.array(z.enum(SCOPES, `must be one of ${SCOPES.join(', ')}`)).min(1, 'a key needs at least one scope'),
});

/** `mg_`, the id, and 256 random bits: too many to guess, so a plain SHA-256 keeps them as well as a slow hash would. */
const FORM = /^mg_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/;

/** Creates a key. This is the only time that anybody sees it. Throws INVALID_INPUT, OPERATOR_NEEDED. */
export async function createKey(
  db: Database,
  request: { name: string; scopes: readonly string[] },
): Promise<{ id: string; key: string }> {
  const { name, scopes } = valid(NewKey, request);
  const id = randomBytes(8).toString('hex');
  const key = `mg_${id}_${randomBytes(32).toString('base64url')}`;
  await asked(db.$executeRaw`SELECT ${db.schema}.create_key(${id}, ${name}, ${[...new Set(scopes)]}, ${hashOf(key)})`);
  return { id, key };
}

/** From now on the key is refused. Idempotent. Throws UNKNOWN_KEY, OPERATOR_NEEDED. */
export async function revokeKey(db: Database, id: string): Promise<void> {
  const [row] = await asked(db.$queryRaw<{ known: boolean }[]>`SELECT ${db.schema}.revoke_key(${id}) AS known`);
  if (!row?.known) throw new MakegoodError('UNKNOWN_KEY');
}

/** Every key there has been, newest first. Throws OPERATOR_NEEDED. */
export async function listKeys(db: Database): Promise<ApiKey[]> {
  return (await asked(db.apiKey.findMany({ orderBy: { createdAt: 'desc' } }))).map(publicPart);
}

/** Whose key this is; nothing for one that is unknown, altered or revoked. Throws POSTGRES_UNREACHABLE. */
export async function findKey(db: Database, key: string): Promise<ApiKey | undefined> {
  const id = FORM.exec(key)?.[1];
  if (id === undefined) return undefined;
  const row = await asked(db.apiKey.findUnique({ where: { id } }), asLedgerError);
  if (!row || !timingSafeEqual(hashOf(key), row.keyHash) || row.revokedAt) return undefined;
  return publicPart(row);
}

/** Whether a key with these scopes may do what needs `needed`. */
export const allows = (scopes: readonly Scope[], needed: Scope) =>
  scopes.some((scope) => SCOPES.indexOf(scope) >= SCOPES.indexOf(needed));

type Row = Awaited<ReturnType<Database['apiKey']['findMany']>>[number];

const publicPart = ({ id, name, scopes, createdAt, revokedAt }: Row): ApiKey => ({
  id,
  name,
  scopes: scopes as Scope[], // The column's CHECK knows no others.
  createdAt,
  revokedAt,
});

const hashOf = (key: string) => createHash('sha256').update(key).digest();

const asked = <T>(query: Promise<T>, typed = asOperatorError): Promise<T> =>
  query.catch((error) => {
    throw typed(error);
  });
