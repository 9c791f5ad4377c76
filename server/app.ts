import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { requestId } from 'hono/request-id';
import { secureHeaders } from 'hono/secure-headers';
import { MakegoodError } from '../errors';
import { PACKAGE_ROOT } from '../package-root';
import type { RequestEnv, ServerContext } from './context';
import { kindComponents } from './kind-schemas';
import { allowedMethods } from './methods';
import { usagePage } from './page';
import { answerError, refuseInvalid } from './problems';
import { accountRoutes } from './routes/accounts';
import { docsRoutes } from './routes/docs';
import { erasureRoutes } from './routes/erasure';
import { generationEventRoutes } from './routes/generation-events';
import { generationRoutes } from './routes/generations';
import { healthRoutes } from './routes/health';
import { problemRoutes } from './routes/problems';
import { usageRoutes } from './routes/usage';

/** The longest brief, every character of it escaped as JSON allows, takes 150 kB. */
const MAX_BODY_BYTES = 256 * 1024;

const { version } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as { version: string };

/** Drafts and balances belong in no cache. HSTS only where browsers come by https. */
const apiHeaders = ({ env }: ServerContext): MiddlewareHandler => {
  const https = env.MAKEGOOD_PUBLIC_URL?.startsWith('https:') ?? false;
  const secure = secureHeaders({ strictTransportSecurity: https });
  return (c, next) => {
    c.header('Cache-Control', 'no-store');
    return secure(c, next);
  };
};

/** All that the server answers, without the server: the API, its reference, the usage page. */
export function buildApp(ctx: ServerContext): OpenAPIHono<RequestEnv> {
  const app = new OpenAPIHono<RequestEnv>({ defaultHook: refuseInvalid });
  app.use(requestId());
  app.use('/v1/*', apiHeaders(ctx));
  app.use(
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: () => {
        throw new MakegoodError('BODY_TOO_LARGE', `A body may be at most ${MAX_BODY_BYTES} bytes long.`, {
          limit: MAX_BODY_BYTES,
        });
      },
    }),
  );
  for (const routes of [
    generationRoutes,
    generationEventRoutes,
    accountRoutes,
    usageRoutes,
    erasureRoutes,
    healthRoutes,
  ])
    app.route('/', routes(ctx));
  app.openAPIRegistry.registerComponent('securitySchemes', 'apiKey', {
    type: 'http',
    scheme: 'bearer',
    description: 'A key from `makegood keys create`. Scopes: read, write, admin; each includes those before it.',
  });
  const document = documentOf(app, ctx);
  app.route('/', docsRoutes(document));
  app.route('/', problemRoutes());
  app.route('/usage', usagePage(ctx));

  app.notFound((c) => {
    const allowed = allowedMethods(document, c.req.path);
    if (allowed.length === 0 || allowed.includes(c.req.method)) {
      return answerError(ctx, new MakegoodError('NOT_FOUND'), c);
    }
    c.header('Allow', allowed.join(', '));
    const message = `This path accepts ${allowed.join(', ')}.`;
    return answerError(ctx, new MakegoodError('METHOD_NOT_ALLOWED', message, { allowed }), c);
  });
  app.onError((error, c) => answerError(ctx, error, c));
  return app;
}

/** The OpenAPI document. It is 3.1: https://spec.openapis.org/oas/v3.1.0. */
function documentOf(app: OpenAPIHono<RequestEnv>, { env, makegood }: ServerContext) {
  const { components, ...document } = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Makegood',
      version,
      description: 'AI work that customers pay for only when it is delivered.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: env.MAKEGOOD_PUBLIC_URL ?? '/' }],
  });
  return {
    ...document,
    components: {
      ...components,
      schemas: { ...components?.schemas, ...kindComponents([...makegood.context.kinds.values()]) },
    },
  };
}
