import type { Context } from 'hono';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';
import type { ServerContext } from './context';

/** Below the half minute after which many proxies cut a silent connection. */
const HEARTBEAT_MS = 15_000;
/** How long a client waits before it comes back after a cut: short, since it goes on where it was. */
const RETRY_MS = 2_000;

/**
 * Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html. `follow` writes until `over` is
 * aborted: the client has gone, or the server stops. What it awaits to write waits for the client, so that a slow one
 * fills no memory; one that reads nothing at all is cut off by the server's idle time-out. HEAD gets the headers alone.
 */
export function eventStream(
  { stopping }: Pick<ServerContext, 'stopping'>,
  c: Context,
  follow: (stream: SSEStreamingApi, over: AbortSignal) => Promise<void>,
): Response {
  // Hono answers HEAD by what GET does, and drops the body: nobody would ever tell such a stream that it is over.
  if (c.req.method === 'HEAD') return c.body(null, 200, { 'Content-Type': 'text/event-stream' });
  return streamSSE(c, async (stream) => {
    const closed = new AbortController();
    const { signal: over } = closed;
    stream.onAbort(() => closed.abort());
    stopping.addEventListener('abort', () => closed.abort(), { signal: over });
    const heartbeat = setInterval(() => void stream.write(': still here\n\n'), HEARTBEAT_MS);
    try {
      // The first bytes also tell the client that it is connected.
      await stream.write(`retry: ${RETRY_MS}\n\n`);
      await follow(stream, over);
    } finally {
      clearInterval(heartbeat);
      closed.abort(); // Takes its listener off the server's signal, which lives longer.
    }
  });
}

/** What `work` resolves to; nothing where the signal is aborted first. Leaves no listener behind. */
export async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T | undefined> {
  const done = new AbortController();
  const aborted = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { signal: done.signal });
  });
  return Promise.race([work, aborted]).finally(() => done.abort());
}

/** Resolves when the signal is aborted. */
export const aborted = (signal: AbortSignal) => unlessAborted(signal, new Promise<never>(() => {}));
