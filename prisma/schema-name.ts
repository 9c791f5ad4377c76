import { MakegoodError } from '../errors';

/** The Postgres schema that holds everything of ours, unless MAKEGOOD_SCHEMA or the URL's `?schema=` names another. */
const DEFAULT = 'makegood';

/** Postgres cuts names after 63 characters: the names of our roles are this one's and a word more. */
const FORM = /^[a-z_][a-z0-9_]{0,39}$/;
/** `public` is the host's, the others are Postgres's own. */
const TAKEN = /^(public|pg_.*|information_schema)$/;

/**
 * The URL of a ledger says in which schema it lies, as Prisma's own URLs do: this makes it say so. `schema` is what
 * MAKEGOOD_SCHEMA says, which goes before the URL's own `?schema=`. Throws INVALID_SETTING.
 */
export function withSchema(url: string, schema: string | undefined): string {
  const named = new URL(url);
  named.searchParams.set('schema', schema ? checked(schema, 'MAKEGOOD_SCHEMA') : schemaOf(url));
  return named.href;
}

/** The schema of the ledger that this URL names. Throws INVALID_SETTING. */
export function schemaOf(url: string): string {
  const named = URL.canParse(url) ? new URL(url).searchParams.get('schema') : null;
  return named === null ? DEFAULT : checked(named, "The Postgres URL's ?schema=");
}

/** For a direct connection of the owner's, that writes SQL without a schema. A pooler would refuse or forget it. */
export const inOurSchema = (url: string) => ({ connectionString: url, options: `-c search_path=${schemaOf(url)}` });

function checked(schema: string, where: string): string {
  if (FORM.test(schema) && !TAKEN.test(schema)) return schema;
  throw new MakegoodError(
    'INVALID_SETTING',
    `${where} is "${schema}". Makegood keeps to a schema of its own: set MAKEGOOD_SCHEMA to at most 40 lower-case letters, digits and _, no digit first, and neither public nor pg_….`,
    { setting: 'MAKEGOOD_SCHEMA' },
  );
}
