import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { type GenerationRequest, orderOf, parseIds } from '../../client/order';
import type { Started } from '../../client/start';
import { answerFrom } from '../../client/start-answers';
import { MakegoodError } from '../../errors';
import { readGeneration } from '../../ledger/generations';
import type { AccountId, GenerationId } from '../../ledger/ids';
import { isOperator, needs } from '../auth';
import type { RequestEnv, ServerContext } from '../context';
import { lookUp, pending, rejection } from '../generation';
import { kindBodies } from '../kind-schemas';
import { problems, refuseInvalid } from '../problems';
import {
  Generation,
  GenerationPage,
  GenerationsQuery,
  generationParam,
  IdempotencyKey,
  momentsOf,
  ofAccount,
  RetryKeyHeader,
  Waiting,
} from '../schemas';
import { unlessAborted } from '../sse';
import { reachTemporal } from '../temporal-gate';

const tags = ['Generations'];
const shows = (description: string) => ({ description, content: { 'application/json': { schema: Generation } } });
const location = z.object({ location: z.string().meta({ description: 'Where the generation is' }) });
const placed = (description: string) => ({ ...shows(description), headers: location });
const STORE = ['UNAUTHENTICATED', 'INVALID_INPUT', 'POSTGRES_UNREACHABLE'] as const;
const NO_RETRY = ['NOT_REFUNDED', 'INPUT_GONE', 'GENERATION_CONFLICT'] as const;
const WRITES = [...STORE, 'FORBIDDEN', 'MALFORMED_BODY', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] as const;

export function generationRoutes(ctx: ServerContext) {
  const { makegood } = ctx;
  const { db } = makegood.context;
  const { StartBody, RetryBody } = kindBodies([...makegood.context.kinds.values()]);
  const app = new OpenAPIHono<RequestEnv>({ defaultHook: refuseInvalid });

  const start = createRoute({
    method: 'post',
    path: '/v1/generations',
    operationId: 'startGeneration',
    tags,
    summary: 'Start a generation',
    description:
      'Holds the credits and starts the work. Idempotent by `id`, or by the header `Idempotency-Key` where there is no ' +
      '`id`; one of them is needed: asked for twice, it is made and charged once.',
    ...needs(ctx, 'write'),
    request: {
      query: Waiting,
      headers: IdempotencyKey,
      body: {
        content: { 'application/json': { schema: StartBody } },
        required: true,
      },
    },
    responses: {
      200: placed('It has already ended, or was started before: nothing new was charged.'),
      202: placed('Its credits are held (`held`), or will be as soon as a worker and the database are up (`pending`).'),
      ...problems(
        ...WRITES,
        ...(['UNKNOWN_ACCOUNT', 'INSUFFICIENT_CREDITS', 'GENERATION_CONFLICT', 'TEMPORAL_UNREACHABLE'] as const),
        ...(['ACCOUNT_ERASED', 'GENERATION_ERASED'] as const),
      ),
    },
  });
  app.openapi(start, async (c) => {
    const { id: named, ...request } = c.req.valid('json') as StartRequest;
    const { account, id } = parseIds(request.account, named ?? c.req.valid('header')['idempotency-key'] ?? missingId());
    const known = await readGeneration(db, account, id);
    if (!known) await reachTemporal(makegood.context);
    const order = orderOf(makegood.context, { ...request, id });
    const started = known ? await answerFrom(makegood.context, order, known) : await makegood.start({ ...request, id });
    const { wait } = c.req.valid('query');
    const waited = await waitForEnd(account, id, order.price, started, wait);
    const status = known || waited === 'ended' ? 200 : 202;
    const stands = wait === 0 || started.status !== 'held' ? known : undefined; // What was waited for is read again.
    const look = lookUp(ctx, account, id, isOperator(c.var.apiKey), stands);
    const found = await look.catch(pendingUnlessKnown(account, id));
    return c.json(found, status, { Location: locationOf(account, id) });
  });

  const list = createRoute({
    method: 'get',
    path: '/v1/generations',
    operationId: 'listGenerations',
    tags,
    summary: 'List generations',
    description:
      'Those of an account that have held credits, newest first, without their outputs. What waits for its hold, or was ' +
      'turned away before, is known by its id alone.',
    ...needs(ctx, 'read'),
    request: { query: GenerationsQuery },
    responses: {
      200: { description: 'A page', content: { 'application/json': { schema: GenerationPage } } },
      ...problems(...STORE, 'UNKNOWN_ACCOUNT'),
    },
  });
  app.openapi(list, async (c) => {
    const { account, ...filter } = c.req.valid('query');
    const { generations, next } = await makegood.generations(account, { ...filter, ...momentsOf(filter) });
    const told = generations.map(({ createdAt, erasedAt, ...generation }) => ({
      ...generation,
      createdAt: createdAt.toISOString(),
      erasedAt: erasedAt?.toISOString() ?? null,
    }));
    return c.json({ generations: told, next }, 200);
  });

  const show = createRoute({
    method: 'get',
    path: '/v1/generations/{id}',
    operationId: 'getGeneration',
    tags,
    summary: 'Show a generation',
    ...needs(ctx, 'read'),
    request: { params: generationParam, query: ofAccount },
    responses: {
      200: shows('What the ledger knows about it; with an admin key also its workflow.'),
      ...problems(...STORE, 'UNKNOWN_GENERATION', 'TEMPORAL_UNREACHABLE'),
    },
  });
  app.openapi(show, async (c) => {
    const { account } = c.req.valid('query');
    return c.json(await lookUp(ctx, account, c.req.valid('param').id, isOperator(c.var.apiKey)), 200);
  });

  const cancel = createRoute({
    method: 'post',
    path: '/v1/generations/{id}/cancel',
    operationId: 'cancelGeneration',
    tags,
    summary: 'Cancel a generation',
    description: 'Its credits come back, unless its draft comes first. Idempotent.',
    ...needs(ctx, 'write'),
    request: { params: generationParam, query: ofAccount.extend(Waiting.shape) },
    responses: {
      200: shows('It has ended.'),
      202: shows('It has been asked to stop.'),
      ...problems(...STORE, 'FORBIDDEN', 'UNKNOWN_GENERATION', 'TEMPORAL_UNREACHABLE'),
    },
  });
  app.openapi(cancel, async (c) => {
    const { id } = c.req.valid('param');
    const { account, wait } = c.req.valid('query');
    const known = await readGeneration(db, account, id);
    // The ledger knows what was delivered; whether a retry of what was refunded waits for its hold, only Temporal.
    if (known?.status !== 'SUCCEEDED') {
      await reachTemporal(makegood.context);
      await makegood.cancel(account, id);
      if (wait > 0) await endWithin(account, id, wait);
    }
    const found = await lookUp(ctx, account, id, isOperator(c.var.apiKey));
    return c.json(found, found.status === 'held' || found.status === 'pending' ? 202 : 200);
  });

  const retry = createRoute({
    method: 'post',
    path: '/v1/generations/{id}/retry',
    operationId: 'retryGeneration',
    tags,
    summary: 'Retry a refunded generation',
    description:
      'The only way to pay again for an id: it charges again, once for each refund. Idempotent by `after`, the refund ' +
      'that it follows, or by the header `Idempotency-Key`: the same one twice is charged once at most, whatever has ' +
      'happened in between, and is answered with the generation as it stands. With neither, it follows the newest refund.',
    ...needs(ctx, 'write'),
    request: {
      params: generationParam,
      query: ofAccount.extend(Waiting.shape),
      headers: RetryKeyHeader,
      body: { content: { 'application/json': { schema: RetryBody } } },
    },
    responses: {
      200: placed('It has ended.'),
      202: placed('Its credits are held again, or will be.'),
      ...problems(
        ...WRITES,
        'UNKNOWN_GENERATION',
        'INSUFFICIENT_CREDITS',
        'TEMPORAL_UNREACHABLE',
        ...NO_RETRY,
        'GENERATION_ERASED',
      ),
    },
  });
  app.openapi(retry, async (c) => {
    const { id } = c.req.valid('param');
    const { account, wait } = c.req.valid('query');
    const known = await readGeneration(db, account, id);
    if (known) await reachTemporal(makegood.context);
    const started = await makegood.retry(account, id, {
      ...c.req.valid('json'),
      key: c.req.valid('header')['idempotency-key'],
    });
    const waited = await waitForEnd(account, id, known?.reservations.at(-1)?.amount ?? 0, started, wait);
    const found = await lookUp(ctx, account, id, isOperator(c.var.apiKey)).catch(pendingUnlessKnown(account, id));
    return c.json(found, waited === 'ended' ? 200 : 202, { Location: locationOf(account, id) });
  });

  /** Waits where that is asked for. Throws the error of one that was turned away in the meantime. */
  async function waitForEnd(
    account: AccountId,
    id: GenerationId,
    price: number,
    { status }: Started,
    seconds: number,
  ): Promise<'ended' | 'under way'> {
    if (status !== 'held' && status !== 'pending') return 'ended';
    const ended = seconds > 0 ? await endWithin(account, id, seconds) : undefined;
    if (ended?.status === 'rejected') throw await rejection(ctx, account, price, ended.reason, ended.message);
    return ended ? 'ended' : 'under way';
  }

  const endWithin = (account: string, id: string, seconds: number) =>
    unlessAborted(ctx.stopping, makegood.result(account, id, seconds * 1_000));

  return app;
}

/** What the schema has checked: the kind is one that is offered, and the input is one of its own. */
type StartRequest = Omit<GenerationRequest, 'id'> & { readonly id?: GenerationId };

/** Without a name of its own, a request that is sent again after a lost answer would buy twice. */
function missingId(): never {
  const message = 'is needed, or the header Idempotency-Key: it makes sending the request twice safe';
  throw new MakegoodError('INVALID_INPUT', `id: ${message}.`, { fields: [{ field: 'id', message }] });
}

const locationOf = (account: string, id: string) =>
  `/v1/generations/${encodeURIComponent(id)}?account=${encodeURIComponent(account)}`;

/** The start is durable: that a server can't tell of it just now takes nothing away from that. */
const pendingUnlessKnown = (account: string, id: string) => (error: unknown) => {
  const away = error instanceof MakegoodError && AWAY.has(error.code);
  if (away) return pending(account, id);
  throw error;
};
const AWAY: ReadonlySet<string> = new Set(['TEMPORAL_UNREACHABLE', 'POSTGRES_UNREACHABLE']);
