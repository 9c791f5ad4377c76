import type { MiddlewareHandler } from 'hono';
import { MakegoodError } from '../errors';
import { allows, findKey, type Scope } from './api-keys';
import type { RequestEnv, ServerContext } from './context';

const BEARER = /^Bearer +(\S+)$/i;

/** What a guarded route spreads into its definition: who is let in, and what the reference says of that. */
export function needs(ctx: ServerContext, scope: Scope) {
  return { security: [{ apiKey: [scope] }], middleware: guard(ctx, scope) };
}

/** Throws UNAUTHENTICATED, FORBIDDEN. A revoked key is refused at once: each request looks it up. */
function guard({ makegood }: ServerContext, needed: Scope): MiddlewareHandler<RequestEnv> {
  return async (c, next) => {
    const sent = BEARER.exec(c.req.header('authorization') ?? '')?.[1];
    const apiKey = sent === undefined ? undefined : await findKey(makegood.context.db, sent);
    if (!apiKey) throw new MakegoodError('UNAUTHENTICATED');
    if (!allows(apiKey.scopes, needed)) {
      throw new MakegoodError('FORBIDDEN', `This needs a key with the scope ${needed}.`, { needed });
    }
    c.set('apiKey', apiKey);
    await next();
  };
}

/** Whether the key is an operator's: those are shown where to look in Temporal. */
export const isOperator = ({ scopes }: { readonly scopes: readonly Scope[] }) => allows(scopes, 'admin');
