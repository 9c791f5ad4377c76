import { type Context, Hono } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { createMiddleware } from 'hono/factory';
import { html } from 'hono/html';
import type { JSX } from 'hono/jsx/jsx-runtime';
import { NONCE, type SecureHeadersVariables, secureHeaders } from 'hono/secure-headers';
import { MakegoodError } from '../../errors';
import { bodyOf, csvLines } from '../csv';
import { readSession, redeemLink, type UsageSession, type UsageSessionContext } from '../usage-session';
import { assets } from './assets';
import { timeZoneOf } from './days';
import { readModel } from './model';
import { BROKEN, type Problem, ProblemPage, REFUSALS, UNAVAILABLE } from './problem';
import { KINDS_OF, parseQuery, periodOf, selectionOf } from './query';
import { streamEntries } from './stream';
import { UsagePage } from './usage';

type Env = { Variables: SecureHeadersVariables & { session: UsageSession } };

const COOKIE = 'makegood_usage';
/** The browser's time zone, which the script notes: no secret. */
const TIME_ZONE_COOKIE = 'makegood_time_zone';

/** Nothing is loaded from elsewhere, nothing runs that we did not send, nobody frames the page. */
const guarded = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: [NONCE],
    styleSrc: [NONCE],
    imgSrc: ['data:'],
    connectSrc: ["'self'"],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
  xFrameOptions: 'DENY',
  referrerPolicy: 'no-referrer',
});

/** The Billing → Usage page, to be mounted at `/usage`. It knows its account from the session's cookie alone. */
export function usagePage(ctx: UsageSessionContext): Hono<Env> {
  const app = new Hono<Env>();
  const { db } = ctx.makegood.context;
  const themePath = ctx.env.MAKEGOOD_THEME_CSS;
  const frameOf = (c: Context<Env>) => ({ nonce: c.get('secureHeadersNonce') ?? '', themed: !!themePath });
  const page = (c: Context<Env>, content: JSX.Element, status: Problem['status'] | 200 = 200) => {
    c.header('Cache-Control', 'no-store');
    return c.html(html`<!doctype html>${content}`, status);
  };
  const problem = (c: Context<Env>, what: Problem) =>
    page(c, <ProblemPage problem={what} {...frameOf(c)} />, what.status);

  const signedIn = createMiddleware<Env>(async (c, next) => {
    const visit = await readSession(ctx, getCookie(c, COOKIE));
    if ('refused' in visit) return problem(c, REFUSALS[visit.refused]);
    c.set('session', visit.session);
    return next();
  });

  app.use(guarded);
  app.onError((error, c) => {
    if (!(error instanceof MakegoodError && error.status === 503)) {
      ctx.log.error({ err: error }, 'the usage page failed');
      return problem(c, BROKEN);
    }
    c.header('Retry-After', '5');
    return problem(c, UNAVAILABLE);
  });
  app.route('/assets', assets(themePath));

  app.get('/enter', async (c) => {
    c.header('Cache-Control', 'no-store');
    // What mail and chat check links with; a link is good for one visit, and that is the customer's.
    if (c.req.method === 'HEAD') return c.body(null);
    const visit = await redeemLink(ctx, c.req.query('token') ?? '');
    if ('refused' in visit) return problem(c, REFUSALS[visit.refused]);
    setCookie(c, COOKIE, visit.token, {
      path: '/usage',
      httpOnly: true,
      sameSite: 'Lax',
      secure: ctx.env.MAKEGOOD_PUBLIC_URL?.startsWith('https:') ?? false,
      expires: new Date(visit.session.expiresAt * 1000),
    });
    return c.redirect('/usage', 303);
  });

  app.get('/', signedIn, async (c) => {
    const { account, returnUrl } = c.get('session');
    const now = new Date();
    const timeZone = timeZoneOf(getCookie(c, TIME_ZONE_COOKIE));
    const query = parseQuery(c.req.query(), now, timeZone);
    const model = await readModel(db, account, query, now, timeZone);
    return page(c, <UsagePage model={model} {...frameOf(c)} returnUrl={returnUrl} />);
  });

  app.get('/stream', signedIn, (c) => {
    const after = Number(c.req.header('Last-Event-ID') ?? c.req.query('after'));
    return streamEntries(c, ctx, c.get('session'), Number.isSafeInteger(after) && after >= 0 ? after : undefined);
  });

  app.get('/usage.csv', signedIn, (c) => {
    const timeZone = timeZoneOf(getCookie(c, TIME_ZONE_COOKIE));
    const query = parseQuery(c.req.query(), new Date(), timeZone);
    const lines = csvLines(db, c.get('session').account, {
      ...periodOf(query, timeZone),
      kinds: KINDS_OF[query.kind],
      ...selectionOf(query),
    });
    return c.body(bodyOf(lines), 200, {
      'Content-Type': 'text/csv; charset=utf-8',
      'Content-Disposition': 'attachment; filename="usage.csv"',
      'Cache-Control': 'no-store',
    });
  });
  return app;
}
