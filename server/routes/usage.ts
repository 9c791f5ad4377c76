import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { AccountId } from '../../ledger/ids';
import { readStatement } from '../../ledger/statement';
import { stretchOf } from '../../ledger/stretch';
import type { UsageFilter as LedgerFilter } from '../../ledger/usage';
import { needs } from '../auth';
import type { RequestEnv, ServerContext } from '../context';
import { bodyOf, csvLines } from '../csv';
import { liveFeed } from '../live-feed';
import { problems, refuseInvalid } from '../problems';
import {
  accountParam,
  EventStream,
  LastEventId,
  Period,
  Statement,
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
      'SETTLE spends what was held, REFUND gives it back with a reason, GRANT adds, ADJUST corrects by hand.',
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
    const { entries, next } = await makegood.usage(id, { limit, ...(await ledgerFilter(id, filter, cursor)) });
    return c.json({ entries: [...entries], next }, 200);
  });

  const sums = createRoute({
    method: 'get',
    path: '/v1/accounts/{id}/statement',
    operationId: 'getStatement',
    tags,
    summary: 'Sum up a period',
    description:
      'The sums at the top of the usage page, for a page of your own. They add up: they are read in one snapshot.',
    ...needs(ctx, 'read'),
    request: { params: accountParam, query: Period },
    responses: {
      200: { description: 'The sums', content: { 'application/json': { schema: Statement } } },
      ...problems(...READS),
    },
  });
  app.openapi(sums, async (c) => {
    const { id } = c.req.valid('param');
    await makegood.balance(id); // An unknown account is an error, not a row of zeros.
    const { after, last, ...statement } = await readStatement(db, id, momentsOf(c.req.valid('query')));
    return c.json({ account: id, ...statement }, 200);
  });

  const csv = createRoute({
    method: 'get',
    path: '/v1/accounts/{id}/usage.csv',
    operationId: 'downloadUsage',
    tags,
    summary: 'Download entries',
    description:
      'All entries, or those of a filter, as CSV. Text that a spreadsheet would take for a formula gets an apostrophe in front.',
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
    const filter = await ledgerFilter(id, c.req.valid('query'));
    return c.body(bodyOf(csvLines(db, id, filter)), 200, {
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

  /** The filter with its period as a stretch of entries, which is as fast in the middle of a million as at the end. */
  async function ledgerFilter(account: AccountId, filter: UsageFilter, cursor?: number): Promise<LedgerFilter> {
    const { kind: kinds, generation, from, to } = filter;
    const { after, before } = await stretchOf(db, account, momentsOf({ from, to }));
    const newest = Math.min(cursor ?? Number.POSITIVE_INFINITY, before ?? Number.POSITIVE_INFINITY);
    return {
      ...(kinds === undefined ? {} : { kinds }),
      ...(generation === undefined ? {} : { generation }),
      ...(after === undefined ? {} : { after }),
      ...(Number.isFinite(newest) ? { cursor: newest } : {}),
    };
  }

  return app;
}

const momentsOf = ({ from, to }: { from?: string | undefined; to?: string | undefined }) => ({
  ...(from === undefined ? {} : { from: new Date(from) }),
  ...(to === undefined ? {} : { to: new Date(to) }),
});
