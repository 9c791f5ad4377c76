import { randomBytes, randomUUID } from 'node:crypto';
import { sign, verify } from 'hono/jwt';
import { JwtTokenExpired } from 'hono/utils/jwt/types';
import type { Logger } from 'pino';
import type { Makegood } from '../client/makegood';
import { parseAccount } from '../client/order';
import { MakegoodError } from '../errors';
import { asLedgerError } from '../ledger/failures';
import { AccountId } from '../ledger/ids';

// How a customer comes to their usage page: the product's backend asks for a link, the browser opens it once and has a
// session of that one account from then on. The page never sees an API key.

/** What the page and its links need of the server. */
export interface UsageSessionContext {
  readonly makegood: Makegood;
  /** `MAKEGOOD_SESSION_SECRET` signs links and sessions; `MAKEGOOD_PUBLIC_URL` is where browsers reach this server. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  /** Aborted when the server is told to stop: streams end then. */
  readonly stopping: AbortSignal;
}

/** Who looks, until when (seconds since 1970), and where "Back to …" leads. */
export interface UsageSession {
  readonly account: AccountId;
  readonly returnUrl?: string;
  readonly expiresAt: number;
}

/** Why nobody is let in: `expired` and `used` are ordinary, `invalid` was never ours or was altered. */
export type Refused = 'missing' | 'expired' | 'used' | 'invalid';
type Visit = { readonly session: UsageSession } | { readonly refused: Refused };

/** A backend redirects the browser at once; ten minutes also suffice for a link that is mailed to oneself. */
const LINK_SECONDS = 10 * 60;
/** Long enough to go through a month of charges, short enough for a shared computer. */
const SESSION_SECONDS = 60 * 60;

type Purpose = 'makegood-usage-link' | 'makegood-usage-session';

/** A link to the account's usage page, good for one visit within ten minutes. Throws INVALID_INPUT. */
export async function createUsageLink(
  ctx: UsageSessionContext,
  { account, returnUrl }: { readonly account: string; readonly returnUrl?: string | undefined },
): Promise<{ url: string; expiresAt: string }> {
  const expiresAt = seconds() + LINK_SECONDS;
  const back = returnUrl === undefined ? {} : { returnUrl: parseReturnUrl(returnUrl) };
  const token = await seal(ctx, 'makegood-usage-link', { account: parseAccount(account), expiresAt, ...back });
  const path = `/usage/enter?token=${token}`;
  const base = ctx.env.MAKEGOOD_PUBLIC_URL;
  return { url: base ? new URL(path, base).href : path, expiresAt: new Date(expiresAt * 1000).toISOString() };
}

/** Trades a link for a session, once. Throws POSTGRES_UNREACHABLE: then the link is still good. */
export async function redeemLink(
  ctx: UsageSessionContext,
  token: string,
): Promise<{ session: UsageSession; token: string } | { refused: Refused }> {
  const opened = await unseal(ctx, 'makegood-usage-link', token);
  if ('refused' in opened) return opened;
  if (!(await firstUse(ctx, opened.nonce, opened.session.expiresAt))) return { refused: 'used' };
  const session = { ...opened.session, expiresAt: seconds() + SESSION_SECONDS };
  return { session, token: await seal(ctx, 'makegood-usage-session', session) };
}

/** The session that a cookie carries. */
export async function readSession(ctx: UsageSessionContext, token: string | undefined): Promise<Visit> {
  return token === undefined ? { refused: 'missing' } : unseal(ctx, 'makegood-usage-session', token);
}

async function firstUse({ makegood }: UsageSessionContext, nonce: string, expiresAt: number): Promise<boolean> {
  try {
    const [row] = await makegood.context.db.$queryRaw<{ first: boolean }[]>`
      SELECT ${makegood.context.db.schema}.use_session(${nonce}, to_timestamp(${expiresAt}::double precision)) AS first`;
    return row?.first === true;
  } catch (error) {
    throw asLedgerError(error);
  }
}

function seal(ctx: UsageSessionContext, purpose: Purpose, session: UsageSession): Promise<string> {
  const { account, returnUrl, expiresAt } = session;
  const claims = { aud: purpose, sub: account, exp: expiresAt, jti: randomUUID(), ...(returnUrl ? { returnUrl } : {}) };
  return sign(claims, secretOf(ctx.env), 'HS256');
}

async function unseal(
  ctx: UsageSessionContext,
  purpose: Purpose,
  token: string,
): Promise<{ session: UsageSession; nonce: string } | { refused: Refused }> {
  try {
    const { sub, exp, jti, returnUrl } = await verify(token, secretOf(ctx.env), { alg: 'HS256', aud: purpose });
    const session = { account: AccountId.parse(sub), expiresAt: Number(exp) };
    return { session: typeof returnUrl === 'string' ? { ...session, returnUrl } : session, nonce: String(jti) };
  } catch (error) {
    return { refused: error instanceof JwtTokenExpired ? 'expired' : 'invalid' };
  }
}

const seconds = () => Math.floor(Date.now() / 1000);

/** For when no secret is set: links then end with this process, and no other server knows them. */
const ownSecret = randomBytes(32).toString('base64url');
export const hasOwnSecret = (env: UsageSessionContext['env']) => !env.MAKEGOOD_SESSION_SECRET;

/** 32 bytes are what HMAC-SHA256 can use; shorter ones can be guessed. Throws INVALID_SETTING. */
export function secretOf(env: UsageSessionContext['env']): string {
  const secret = env.MAKEGOOD_SESSION_SECRET;
  if (!secret) return ownSecret;
  if (Buffer.byteLength(secret) >= 32) return secret;
  throw new MakegoodError('INVALID_SETTING', 'MAKEGOOD_SESSION_SECRET must be at least 32 bytes long.');
}

/** 2000 characters, and the slash that a host alone gets. */
const MAX_URL = 2001;

/** Only http and https: anything else in a link could run script. */
function parseReturnUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && (url.protocol === 'https:' || url.protocol === 'http:') && url.href.length <= MAX_URL) return url.href;
  throw new MakegoodError('INVALID_INPUT', 'returnUrl: must be an http or https URL of at most 2000 characters.', {
    fields: [{ field: 'returnUrl', message: 'must be an http or https URL of at most 2000 characters' }],
  });
}
