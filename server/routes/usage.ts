import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { readStatement } from '../../ledger/statement';
import { needs } from '../auth';
import type { RequestEnv, ServerContext } from '../context';
import { bodyOf, csvLines } from '../csv';
import { liveFeed } from '../live-feed';
import { problems, refuseInvalid } from '../problems';
import {
  accountParam,
  EventStream,
  LastEventId,
  momentsOf,
  Statement,
  StatementQuery,
  StreamQuery,
  UsageFilter,
  UsagePage,
  UsageQuery,
} from '../schemas';
import { aborted, eventStream } from '../sse';

const tags = ['Usage'];
const READS = ['UNAUTHENTICATED', 'INVALID_INPUT', 'UNKNOWN_ACCOUNT', 'POSTGRES_UNREACHABLE'] as const;

export function usageRoutes(ctx: ServerContext) {
  const { makegood } = ctx;
  const { db } = makegood.context;
  const app = new OpenAPIHono<RequestEnv>({ defaultHook: refuseInvalid });

  const list = createRoute({
    method: 'get',
    path: '/v1/accounts/{id}/usage',
    operationId: 'listUsage',
    tags,
    summary: 'List entries',
    description:
      'Every movement of the credits of an account, newest first. RESERVE takes a charge from the balance and holds it, ' +
      'SETTLE spends what was held, REFUND gives it back with a reason, GRANT adds, ADJUST corrects by hand. Where work ' +
      'cost less than was held, the `amount` of its SETTLE is the rest, and `cost` is the charge: show it as one.',
    ...needs(ctx, 'read'),
    request: { params: accountParam, query: UsageQuery },
    responses: {
      200: { description: 'A page', content: { 'application/json': { schema: UsagePage } } },
      ...problems(...READS),
    },
  });
  app.openapi(list, async (c) => {
    const { id } = c.req.valid('param');
    const { limit, cursor, ...filter } = c.req.valid('query');
    const older = cursor === undefined ? {} : { cursor };
    const { entries, next } = await makegood.usage(id, { limit, ...older, ...filterOf(filter) });
    return c.json({ entries: [...entries], next }, 200);
  });

  const sums = createRoute({
    method: 'get',
    path: '/v1/accounts/{id}/statement',
    operationId: 'getStatement',
    tags,
    summary: 'Sum up a period',
    description:
      'What the usage page says on top, for those who draw their own: it adds up, read in one snapshot. A charge is of the ' +
      'period in which it was held. With a filter of generations, `selected` has what was spent on those alone.',
    ...needs(ctx, 'read'),
    request: { params: accountParam, query: StatementQuery },
    responses: {
      200: { description: 'The sums', content: { 'application/json': { schema: Statement } } },
      ...problems(...READS),
    },
  });
  app.openapi(sums, async (c) => {
    const { id } = c.req.valid('param');
    await makegood.balance(id); // An unknown account is an error, not a row of zeros.
    const { after, last, ...statement } = await readStatement(db, id, filterOf(c.req.valid('query')));
    return c.json({ account: id, ...statement }, 200);
  });

  const csv = createRoute({
    method: 'get',
    path: '/v1/accounts/{id}/usage.csv',
    operationId: 'downloadUsage',
    tags,
    summary: 'Download entries',
    description:
      'As the usage page shows them: a charge is one line, of what it cost (`amount`) and what had been held for it ' +
      '(`held`). All of them, or those of a filter, as CSV. Text that a spreadsheet would take for a formula is quoted by an apostrophe.',
    ...needs(ctx, 'read'),
    request: { params: accountParam, query: UsageFilter },
    responses: {
      200: { description: 'The entries, newest first', content: { 'text/csv': { schema: z.string() } } },
      ...problems(...READS),
    },
  });
  app.openapi(csv, async (c) => {
    const { id } = c.req.valid('param');
    await makegood.balance(id); // An unknown account is an error, not an empty file.
    return c.body(bodyOf(csvLines(db, id, filterOf(c.req.valid('query')))), 200, {
      'Content-Type': 'text/csv; charset=utf-8',
      'Content-Disposition': `attachment; filename="usage-${id.replace(/[^\w.-]/g, '_')}.csv"`,
    });
  });

  const stream = createRoute({
    method: 'get',
    path: '/v1/accounts/{id}/usage/stream',
    operationId: 'followUsage',
    tags,
    summary: 'Follow entries',
    description:
      'Server-sent events of type `entry`, oldest first, as they land; their `data` is a UsageEntry as JSON, their `id` its `seq`. A client that reconnects ' +
      'with `Last-Event-ID` continues exactly where it was.',
    ...needs(ctx, 'read'),
    request: { params: accountParam, query: StreamQuery, headers: LastEventId },
    responses: {
      200: { description: 'The stream', content: { 'text/event-stream': { schema: EventStream } } },
      ...problems(...READS),
    },
  });
  app.openapi(stream, async (c) => {
    const { id } = c.req.valid('param');
    await makegood.balance(id);
    const after = c.req.valid('header')['last-event-id'] ?? c.req.valid('query').after;
    return eventStream(ctx, c, async (events, over) => {
      const unwatch = liveFeed(db).watch(id, after, async (entries) => {
        for (const entry of entries) {
          if (over.aborted) return;
          await events.writeSSE({ event: 'entry', id: String(entry.seq), data: JSON.stringify(entry) });
        }
      });
      await aborted(over).finally(unwatch);
    });
  });

  return app;
}

const filterOf = ({ kind: kinds, from, to, ...selection }: UsageFilter) => ({
  ...selection,
  ...momentsOf({ from, to }),
  ...(kinds === undefined ? {} : { kinds }),
});
