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
 * fills no memory; one that reads nothing at all is cut off by the server's idle time-out.
 */
export function eventStream(
  { stopping }: Pick<ServerContext, 'stopping'>,
  c: Context,
  follow: (stream: SSEStreamingApi, over: AbortSignal) => Promise<void>,
): Response {
  return streamSSE(c, async (stream) => {
    const gone = new AbortController();
    stream.onAbort(() => gone.abort());
    const over = AbortSignal.any([gone.signal, stopping]);
    const heartbeat = setInterval(() => void stream.write(': still here\n\n'), HEARTBEAT_MS);
    try {
      // The first bytes also tell the client that it is connected.
      await stream.write(`retry: ${RETRY_MS}\n\n`);
      await follow(stream, over);
    } finally {
      clearInterval(heartbeat);
    }
  });
}

/** Resolves when the signal is aborted. */
export const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
