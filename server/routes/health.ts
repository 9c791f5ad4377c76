import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { RequestEnv, ServerContext } from '../context';
import { readiness } from '../readiness';

const part = z.string().meta({ description: '`ok`, or what is wrong', example: 'ok' });
const Ready = z.object({ ready: z.boolean(), postgres: part, temporal: part, worker: part }).openapi('Readiness');
const Alive = z.object({ alive: z.literal(true) }).openapi('Liveness');
const shows = (description: string) => ({ description, content: { 'application/json': { schema: Ready } } });

/** For load balancers and orchestrators; no key is asked for. */
export function healthRoutes({ makegood, stopping }: ServerContext) {
  const app = new OpenAPIHono<RequestEnv>();

  const alive = createRoute({
    method: 'get',
    path: '/healthz',
    operationId: 'getLiveness',
    tags: ['Health'],
    security: [],
    summary: 'Is this process alive?',
    responses: {
      200: { description: 'It is.', content: { 'application/json': { schema: Alive } } },
    },
  });
  app.openapi(alive, (c) => c.json({ alive: true as const }, 200));

  const ready = createRoute({
    method: 'get',
    path: '/readyz',
    operationId: 'getReadiness',
    tags: ['Health'],
    security: [],
    summary: 'Would a generation run?',
    description: 'Reads of the ledger need only Postgres; a generation needs all three.',
    responses: { 200: shows('Ready.'), 503: shows('Not ready: each part that is not says why.') },
  });
  app.openapi(ready, async (c) => {
    const found = await readiness(makegood);
    const open = found.ready && !stopping.aborted;
    return c.json({ ...found, ready: open }, open ? 200 : 503);
  });

  return app;
}
