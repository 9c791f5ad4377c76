import './peers';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Logger } from 'pino';
import { type Makegood, openMakegood } from '../client/makegood';
import { MakegoodError } from '../errors';
import { makegoodHandler } from './handler';
import { serverLog } from './log';
import { readServerSettings } from './settings';
import { allEnded } from './temporal-gate';
import { hasOwnSecret } from './usage-session';

export { type HandlerSetup, makegoodHandler } from './handler';

export interface ServerSetup {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Any that is free unless given. */
  readonly port?: number;
  /** This machine alone unless given. */
  readonly hostname?: string;
  /** Closed by whoever opened it. */
  readonly makegood?: Makegood;
  readonly log?: Logger;
  /** After how long of silence in both directions a connection is cut. For tests. */
  readonly idleTimeoutMs?: number;
}

export interface RunningServer {
  readonly url: string;
  /** Takes no more requests, finishes those that it has, ends all streams. */
  stop(): Promise<void>;
}

/** A connection with no byte in either direction for so long is cut. Longer than `?wait` and the streams' heartbeat. */
const IDLE_TIMEOUT_MS = 90_000;
/** A request, body and all, that takes longer is not meant well, or not on this network. */
const REQUEST_TIMEOUT_MS = 30_000;
/** What is under way when the server is told to stop: waits end at once, all else takes milliseconds. */
const GRACE_MS = 10_000;

/** Serves the HTTP API and the usage page. Throws INVALID_SETTING, PORT_TAKEN. Postgres and Temporal may be away. */
export async function startServer({
  env = process.env,
  port = 0,
  hostname = env.MAKEGOOD_HOST || '127.0.0.1',
  makegood,
  log,
  idleTimeoutMs = IDLE_TIMEOUT_MS,
}: ServerSetup = {}): Promise<RunningServer> {
  const { logLevel, publicUrl } = readServerSettings(env);
  const logger = log ?? serverLog(logLevel);
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS });
  server.setTimeout(idleTimeoutMs);
  const own = makegood ?? openMakegood({ env });
  const stopping = new AbortController();
  const underWay = new Set<ServerResponse>();
  server.on('request', (_, response) => {
    underWay.add(response);
    response.once('close', () => underWay.delete(response));
  });

  server.listen(port, hostname);
  try {
    await once(server, 'listening');
  } catch (cause) {
    if (!makegood) await own.close();
    throw notListening(hostname, port, cause);
  }
  const url = `http://${hostname}:${(server.address() as AddressInfo).port}`;
  const handler = makegoodHandler({
    ...{ makegood: own, env, log: logger, signal: stopping.signal },
    publicUrl: publicUrl ?? url,
  });
  server.on('request', getRequestListener(handler));
  if (hasOwnSecret(env)) {
    logger.info('MAKEGOOD_SESSION_SECRET is not set: links to the usage page stop working when this process ends');
  }

  let stopped: Promise<void> | undefined;
  const stop = async () => {
    stopping.abort();
    await drain(server, underWay);
    await allEnded();
    if (!makegood) await own.close();
  };
  return {
    url,
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** Lets what is under way finish, but for streams, which would go on for ever: their clients come back elsewhere. */
async function drain(server: Server, underWay: ReadonlySet<ServerResponse>): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  const deadline = Date.now() + GRACE_MS;
  const isStream = (response: ServerResponse) =>
    `${response.getHeader('content-type')}`.startsWith('text/event-stream');
  while ([...underWay].some((response) => !isStream(response)) && Date.now() < deadline) {
    server.closeIdleConnections();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  server.closeAllConnections();
  await closed;
}

function notListening(hostname: string, port: number, cause: unknown): MakegoodError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'EADDRINUSE' || code === 'EACCES') {
    const why = code === 'EACCES' ? 'may not be used by this user' : 'is taken';
    return new MakegoodError('PORT_TAKEN', `Port ${port} ${why}. Set PORT to another one.`, { port }, { cause });
  }
  const message = `MAKEGOOD_HOST must be an address of this machine, not "${hostname}".`;
  return new MakegoodError('INVALID_SETTING', message, {}, { cause });
}
