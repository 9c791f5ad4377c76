import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, LOOPBACK } from '../ports';
import { type Choice, type Reply, replyTo } from './behaviours';
import { type Message, readPrompt } from './prompt';
import { RequestLog, type RequestReport } from './request-log';

export interface Sandbox {
  /** What `OPENAI_BASE_URL` is set to. */
  readonly baseUrl: string;
  /** The requests so far; also at `GET /requests?to=…&generation=…`, for other processes. */
  requests(filter?: { to?: string; generation?: string }): RequestReport;
  stop(): Promise<void>;
}

/** A brief is refused far below this. */
const LARGEST_BODY = 10 * 1024 * 1024;
/** The one key that is wrong, to show what happens then. */
const WRONG_KEY = 'wrong-key';

/**
 * The sandbox provider: OpenAI's chat completions (without streaming) over real HTTP, on loopback only.
 * `port` default: any that is free. Throws PORT_TAKEN.
 */
export async function startSandbox(options: { readonly port?: number | undefined } = {}): Promise<Sandbox> {
  const port = await freePort(
    options.port === undefined ? undefined : { port: options.port, setting: 'MAKEGOOD_SANDBOX_PORT' },
  );
  const log = new RequestLog();
  const server = createServer((request, response) => {
    route(request, response, log).catch((error: unknown) => {
      if (response.headersSent || response.destroyed) response.destroy();
      else sendError(response, 400, 'invalid_request', String(error));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, LOOPBACK, resolve);
  });
  return {
    baseUrl: `http://${LOOPBACK}:${port}/v1`,
    requests: (filter = {}) => log.report(filter),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections(); // Those that hang would keep it open for ever.
      }),
  };
}

async function route(request: IncomingMessage, response: ServerResponse, log: RequestLog): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://sandbox');
  switch (`${request.method} ${url.pathname}`) {
    case 'GET /healthz':
      return send(response, 200, { ok: true });
    case 'GET /requests': {
      const query = (name: string) => url.searchParams.get(name) ?? undefined;
      return send(response, 200, log.report({ to: query('to'), generation: query('generation') }));
    }
    case 'POST /v1/chat/completions':
      return complete(request, response, log);
    default:
      return sendError(response, 404, 'not_found', 'The sandbox only serves POST /v1/chat/completions.');
  }
}

async function complete(request: IncomingMessage, response: ServerResponse, log: RequestLog): Promise<void> {
  const body = (await readJson(request)) as { model?: unknown; messages?: unknown; stream?: unknown };
  const { to, draft } = readPrompt(Array.isArray(body.messages) ? (body.messages as Message[]) : []);
  const { request: logged, ...counted } = log.add(request.headers, to);
  const gone = new AbortController();
  let cut = false;
  response.on('close', () => {
    if (response.writableFinished || cut) return;
    logged.aborted = true;
    gone.abort();
  });

  const reply = precondition(request, body) ?? replyTo(to, { draft, ...counted });
  switch (reply.kind) {
    case 'hang':
      return;
    case 'reset':
      cut = true;
      request.socket.resetAndDestroy();
      return;
    case 'stall':
    case 'cut':
      logged.status = 200;
      cut = reply.kind === 'cut';
      response.writeHead(200, { 'content-type': 'application/json' });
      return void response.write('{"choices": [', () => {
        if (cut) request.socket.resetAndDestroy();
      });
    case 'error':
      logged.status = reply.status;
      if (reply.retryAfterSeconds !== undefined) response.setHeader('retry-after', reply.retryAfterSeconds);
      return sendError(response, reply.status, reply.code, `${to} asks the sandbox for this error.`);
    case 'answer':
      if (reply.afterMs) await sleep(reply.afterMs, undefined, { signal: gone.signal }).catch(() => {});
      if (gone.signal.aborted) return;
      logged.status = 200;
      return send(response, 200, completion(String(body.model ?? 'sandbox'), reply.choice));
  }
}

/** What any provider checks before it looks at the prompt. */
function precondition(request: IncomingMessage, body: { messages?: unknown; stream?: unknown }): Reply | undefined {
  const key = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]?.trim();
  if (!key || key === WRONG_KEY) return { kind: 'error', status: 401, code: 'invalid_api_key' };
  const wellFormed = Array.isArray(body.messages) && body.messages.length > 0 && body.stream !== true;
  return wellFormed ? undefined : { kind: 'error', status: 400, code: 'invalid_request' };
}

function completion(model: string, { content, refusal, finishReason }: Choice) {
  const message = { role: 'assistant', content, refusal: refusal ?? null };
  return {
    id: 'chatcmpl-sandbox',
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1_000),
    model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  };
}

async function readJson(request: IncomingMessage): Promise<object> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY) throw new Error('The request is too large.');
    chunks.push(chunk);
  }
  const value: unknown = JSON.parse(Buffer.concat(chunks).toString());
  if (typeof value !== 'object' || value === null) throw new Error('The request must be a JSON object.');
  return value;
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function sendError(response: ServerResponse, status: number, code: string, message: string): void {
  send(response, status, { error: { message, type: code, code, param: null } });
}
