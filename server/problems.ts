import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { ERRORS, type ErrorCode, MakegoodError } from '../errors';
import type { RequestEnv, ServerContext } from './context';

const InvalidField = z
  .object({ field: z.string().meta({ example: 'input.to' }), message: z.string() })
  .openapi('InvalidField');

/** Errors as problem details: https://www.rfc-editor.org/rfc/rfc9457. Their table is `errors.ts`. */
export const Problem = z
  .looseObject({
    type: z
      .string()
      .meta({ description: 'Where the problem is explained. Stable', example: '/problems/invalid-input' }),
    title: z.string().meta({ description: 'What it means: always the same for a code' }),
    status: z.int().meta({ description: 'The HTTP status' }),
    code: z.enum(Object.keys(ERRORS) as ErrorCode[]).meta({ description: 'Stable: this is what to branch on' }),
    detail: z.string().meta({ description: 'What happened this time' }),
    instance: z.string().meta({ description: 'The path of the request' }),
    requestId: z.string().meta({ description: 'Quote it when you ask for help. Also the header X-Request-Id' }),
    fields: z.array(InvalidField).optional().meta({ description: 'With INVALID_INPUT: what is wrong, field by field' }),
    balance: z.int().optional().meta({ description: 'With INSUFFICIENT_CREDITS: what there is, in credits' }),
    price: z.int().optional().meta({ description: 'With INSUFFICIENT_CREDITS: what it takes, in credits' }),
  })
  .openapi('Problem', { description: 'RFC 9457 problem details. Some codes have extra members.' });

export const PROBLEM_TYPE = 'application/problem+json';
/** `INVALID_INPUT` → `/problems/invalid-input`. */
export const problemPath = (code: string) => `/problems/${code.toLowerCase().replaceAll('_', '-')}`;
export const codeOfPath = (slug: string): ErrorCode | undefined =>
  (Object.keys(ERRORS) as ErrorCode[]).find((code) => problemPath(code) === `/problems/${slug}`);

/** What a caller waits before it asks a server again that is away: servers come back in seconds. */
const RETRY_AFTER_SECONDS = '5';

/** Answers any error that a handler has thrown. What nobody foresaw is logged, and told to nobody outside. */
export function answerError(ctx: Pick<ServerContext, 'log'>, error: unknown, c: Context<RequestEnv>): Response {
  const known = asMakegoodError(error);
  const { code, status, message, details } = known;
  // The driver's own words name the host and the role: for the log alone.
  const detail = code === 'POSTGRES_UNREACHABLE' ? ERRORS[code].title : message;
  if (status >= 500) {
    const level = code === 'INTERNAL_ERROR' ? 'error' : 'warn';
    ctx.log[level]({ requestId: c.var.requestId, code, err: known.cause ?? error }, message);
  }
  const body: z.infer<typeof Problem> = {
    type: problemPath(code),
    title: ERRORS[code].title,
    status,
    code,
    detail,
    instance: c.req.path,
    requestId: c.var.requestId,
    ...details,
  };
  return c.json(body, status as ContentfulStatusCode, { 'Content-Type': PROBLEM_TYPE, ...headersOf(known) });
}

function headersOf({ code, status, details }: MakegoodError): Record<string, string> {
  if (status === 503) return { 'Retry-After': RETRY_AFTER_SECONDS };
  // The rest of the body is not read: the connection can't be used for another request.
  if (code === 'BODY_TOO_LARGE') return { Connection: 'close' };
  if (code === 'UNAUTHENTICATED') return { 'WWW-Authenticate': 'Bearer realm="makegood"' };
  if (code === 'FORBIDDEN') {
    return { 'WWW-Authenticate': `Bearer realm="makegood", error="insufficient_scope", scope="${details.needed}"` };
  }
  return {};
}

function asMakegoodError(error: unknown): MakegoodError {
  if (error instanceof MakegoodError) return error;
  const cause = { cause: error };
  if (error instanceof HTTPException) {
    // What Hono itself refuses before a handler sees it.
    if (error.status === 415) return new MakegoodError('UNSUPPORTED_MEDIA_TYPE', undefined, {}, cause);
    if (error.status === 400) return new MakegoodError('MALFORMED_BODY', undefined, {}, cause);
  }
  return new MakegoodError('INTERNAL_ERROR', undefined, {}, cause);
}

/** Refuses what does not match a route's schema, with a sentence for each field. */
export function refuseInvalid(result: { success: boolean; error?: z.ZodError }): void {
  if (!result.error) return;
  const fields = result.error.issues.map(({ path, message }) => ({ field: path.join('.'), message }));
  const sentence = fields.map(({ field, message }) => (field ? `${field}: ${message}` : message)).join('; ');
  throw new MakegoodError('INVALID_INPUT', `${sentence}.`, { fields });
}

type Documented = { readonly description: string; readonly content: { [PROBLEM_TYPE]: { schema: typeof Problem } } };

/** The errors that an operation documents, by status. */
export function problems<C extends ErrorCode>(...codes: C[]): { [S in (typeof ERRORS)[C]['status']]: Documented } {
  const documented: Record<number, Documented> = {};
  for (const code of codes) {
    const { status, title } = ERRORS[code];
    const line = `- [\`${code}\`](${problemPath(code)}) ${title}`;
    const before = documented[status]?.description;
    const description = before === undefined ? line : `${before}\n${line}`;
    documented[status] = { description, content: { [PROBLEM_TYPE]: { schema: Problem } } };
  }
  return documented as { [S in (typeof ERRORS)[C]['status']]: Documented };
}
