import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { MakegoodError } from '../../errors';
import { OPERATOR_URL } from '../../settings';
import { needs } from '../auth';
import type { RequestEnv, ServerContext } from '../context';
import { problems, refuseInvalid } from '../problems';
import {
  Account,
  Adjusted,
  AdjustmentBody,
  AdjustmentKey,
  accountParam,
  GrantBody,
  Granted,
  GrantKey,
  SessionBody,
  UsageSession,
} from '../schemas';
import { createUsageLink } from '../usage-session';

const WRITES = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'INVALID_INPUT',
  'MALFORMED_BODY',
  'BODY_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'POSTGRES_UNREACHABLE',
] as const;

const NO_OPERATOR = `This server cannot grant or adjust credits: it has no operator login. Set ${OPERATOR_URL}, or use the command line.`;

export function accountRoutes(ctx: ServerContext) {
  const { makegood } = ctx;
  const app = new OpenAPIHono<RequestEnv>({ defaultHook: refuseInvalid });

  const show = createRoute({
    method: 'get',
    path: '/v1/accounts/{id}',
    operationId: 'getAccount',
    tags: ['Accounts'],
    summary: 'Show an account',
    ...needs(ctx, 'read'),
    request: { params: accountParam },
    responses: {
      200: {
        description: 'What can be spent, and what is held for work under way.',
        content: { 'application/json': { schema: Account } },
      },
      ...problems('UNAUTHENTICATED', 'INVALID_INPUT', 'UNKNOWN_ACCOUNT', 'POSTGRES_UNREACHABLE'),
    },
  });
  app.openapi(show, async (c) => c.json(await makegood.balance(c.req.valid('param').id), 200));

  const grant = createRoute({
    method: 'post',
    path: '/v1/accounts/{id}/grants',
    operationId: 'grantCredits',
    tags: ['Accounts'],
    summary: 'Grant credits',
    description:
      'Adds credits; the first grant creates the account. With an `Idempotency-Key`, asking twice grants once. Only a ' +
      `server that has the login of an operator (${OPERATOR_URL}) grants any.`,
    ...needs(ctx, 'admin'),
    request: {
      params: accountParam,
      headers: GrantKey,
      body: { content: { 'application/json': { schema: GrantBody } }, required: true },
    },
    responses: {
      201: {
        description: 'The credits are there.',
        content: { 'application/json': { schema: Granted } },
      },
      ...problems(...WRITES, 'OPERATOR_NEEDED', 'GRANT_CONFLICT', 'BALANCE_LIMIT', 'ACCOUNT_ERASED'),
    },
  });
  app.openapi(grant, async (c) => {
    if (!ctx.env[OPERATOR_URL]) throw new MakegoodError('OPERATOR_NEEDED', NO_OPERATOR);
    const { credits, reason } = c.req.valid('json');
    const key = c.req.valid('header')['idempotency-key'];
    const granted = await makegood.grant({
      account: c.req.valid('param').id,
      credits,
      ...(reason === undefined ? {} : { reason }),
      ...(key === undefined ? {} : { key }),
    });
    return c.json(granted, 201);
  });

  const adjust = createRoute({
    method: 'post',
    path: '/v1/accounts/{id}/adjustments',
    operationId: 'adjustCredits',
    tags: ['Accounts'],
    summary: 'Adjust a balance',
    description:
      'Corrects a balance by hand, up or down, never below zero; the customer reads the reason. The `Idempotency-Key` ' +
      'is needed: asking twice adjusts once.',
    ...needs(ctx, 'admin'),
    request: {
      params: accountParam,
      headers: AdjustmentKey,
      body: { content: { 'application/json': { schema: AdjustmentBody } }, required: true },
    },
    responses: {
      201: {
        description: 'The balance is corrected.',
        content: { 'application/json': { schema: Adjusted } },
      },
      ...problems(
        ...([...WRITES, 'OPERATOR_NEEDED', 'UNKNOWN_ACCOUNT', 'INSUFFICIENT_CREDITS', 'ADJUSTMENT_CONFLICT'] as const),
        ...(['BALANCE_LIMIT', 'ACCOUNT_ERASED'] as const),
      ),
    },
  });
  app.openapi(adjust, async (c) => {
    if (!ctx.env[OPERATOR_URL]) throw new MakegoodError('OPERATOR_NEEDED', NO_OPERATOR);
    const { credits, reason } = c.req.valid('json');
    const key = c.req.valid('header')['idempotency-key'];
    const account = c.req.valid('param').id;
    return c.json(await makegood.adjust({ account, credits, key, reason }), 201);
  });

  const openSession = createRoute({
    method: 'post',
    path: '/v1/usage-sessions',
    operationId: 'createUsageSession',
    tags: ['Accounts'],
    summary: 'Make a link to the usage page',
    description:
      'A link to the Billing → Usage page of one account, for the browser of its owner. It works for one visit within ' +
      'minutes: redirect to it at once. An account that has no credits yet has an empty page.',
    ...needs(ctx, 'write'),
    request: { body: { content: { 'application/json': { schema: SessionBody } }, required: true } },
    responses: {
      201: {
        description: 'The link, and when it expires.',
        content: { 'application/json': { schema: UsageSession } },
      },
      ...problems(...WRITES),
    },
  });
  app.openapi(openSession, async (c) => c.json(await createUsageLink(ctx, c.req.valid('json')), 201));

  return app;
}
