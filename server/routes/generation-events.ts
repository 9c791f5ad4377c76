import { setTimeout as sleep } from 'node:timers/promises';
import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { isOperator, needs } from '../auth';
import type { RequestEnv, ServerContext } from '../context';
import { lookUp } from '../generation';
import { problems, refuseInvalid } from '../problems';
import { EventStream, type Generation, generationParam, ofAccount } from '../schemas';
import { eventStream, unlessAborted } from '../sse';

/** How soon a change of one generation is told to those who follow it. */
const LOOK_AGAIN_MS = 1_000;

export function generationEventRoutes(ctx: ServerContext) {
  const app = new OpenAPIHono<RequestEnv>({ defaultHook: refuseInvalid });

  const events = createRoute({
    method: 'get',
    path: '/v1/generations/{id}/events',
    operationId: 'followGeneration',
    tags: ['Generations'],
    summary: 'Follow a generation',
    description:
      'Server-sent events of type `generation`, their `data` what `GET` shows, as JSON: at once and whenever it has changed, until it has ' +
      'ended. A client that reconnects is told how it stands, so that nothing is missed.',
    ...needs(ctx, 'read'),
    request: { params: generationParam, query: ofAccount },
    responses: {
      200: { description: 'The stream', content: { 'text/event-stream': { schema: EventStream } } },
      ...problems(
        'UNAUTHENTICATED',
        'INVALID_INPUT',
        'UNKNOWN_GENERATION',
        'POSTGRES_UNREACHABLE',
        'TEMPORAL_UNREACHABLE',
      ),
    },
  });
  app.openapi(events, async (c) => {
    const { account } = c.req.valid('query');
    const { id } = c.req.valid('param');
    const look = () => lookUp(ctx, account, id, isOperator(c.var.apiKey));
    const first = await look();
    return eventStream(ctx, c, async (stream, over) => {
      let told = '';
      // A server that is away for a moment does not end the stream: the next look finds what this one missed.
      for (let now: Generation | undefined = first; !over.aborted; now = await look().catch(() => undefined)) {
        const data = JSON.stringify(now);
        if (now && data !== told) await stream.writeSSE({ event: 'generation', data });
        if (now) told = data;
        if (now && now.status !== 'held' && now.status !== 'pending') return;
        await unlessAborted(over, sleep(LOOK_AGAIN_MS));
      }
    });
  });

  return app;
}
