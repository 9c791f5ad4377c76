import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { MakegoodError } from '../../errors';
import { OPERATOR_URL } from '../../settings';
import { needs } from '../auth';
import type { RequestEnv, ServerContext } from '../context';
import { problems, refuseInvalid } from '../problems';
import { accountParam, EraseBody, Erased, generationParam, ofAccount } from '../schemas';
import { reachTemporal } from '../temporal-gate';

const ERASES = [
  ...['UNAUTHENTICATED', 'FORBIDDEN', 'INVALID_INPUT', 'MALFORMED_BODY', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'],
  ...['OPERATOR_NEEDED', 'UNKNOWN_ACCOUNT', 'NOT_ENDED', 'POSTGRES_UNREACHABLE', 'TEMPORAL_UNREACHABLE'],
] as const;

const NO_OPERATOR = `This server cannot erase: it has no operator login. Set ${OPERATOR_URL}, or use the command line.`;

function expectOperator({ env }: ServerContext): void {
  if (!env[OPERATOR_URL]) throw new MakegoodError('OPERATOR_NEEDED', NO_OPERATOR);
}

/** The right to be forgotten: what is erased, and what stays, is in docs/operations.md. */
export function erasureRoutes(ctx: ServerContext) {
  const app = new OpenAPIHono<RequestEnv>({ defaultHook: refuseInvalid });
  const body = { content: { 'application/json': { schema: EraseBody } } };
  const erased = { description: 'It is erased.', content: { 'application/json': { schema: Erased } } };

  const account = createRoute({
    method: 'post',
    path: '/v1/accounts/{id}/erase',
    operationId: 'eraseAccount',
    tags: ['Accounts'],
    summary: 'Erase an account',
    description:
      'Erases the texts of all its generations and grants, and their workflow histories, for good. Amounts and moments ' +
      'stay. From then on nothing is granted or started. Idempotent; a large account takes minutes: ask again if you ' +
      'have lost the answer.',
    ...needs(ctx, 'admin'),
    request: { params: accountParam, body },
    responses: { 200: erased, ...problems(...ERASES) },
  });
  app.openapi(account, async (c) => {
    expectOperator(ctx);
    const { pseudonymise = false } = c.req.valid('json') ?? {};
    await reachTemporal(ctx.makegood.context);
    return c.json(await ctx.makegood.erase({ account: c.req.valid('param').id, pseudonymise }), 200);
  });

  const generation = createRoute({
    method: 'post',
    path: '/v1/generations/{id}/erase',
    operationId: 'eraseGeneration',
    tags: ['Generations'],
    summary: 'Erase a generation',
    description:
      'Erases its label, output, messages and workflow history, for good. What it was charged stays, and so does its ' +
      'id, which can’t be started again, unless it is replaced. Idempotent.',
    ...needs(ctx, 'admin'),
    request: { params: generationParam, query: ofAccount, body },
    responses: { 200: erased, ...problems(...ERASES, 'UNKNOWN_GENERATION') },
  });
  app.openapi(generation, async (c) => {
    expectOperator(ctx);
    const { pseudonymise = false } = c.req.valid('json') ?? {};
    await reachTemporal(ctx.makegood.context);
    const { id } = c.req.valid('param');
    const { account } = c.req.valid('query');
    return c.json(await ctx.makegood.erase({ account, generation: id, pseudonymise }), 200);
  });

  return app;
}
