import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import { liveFeed } from '../live-feed';
import type { UsageSession, UsageSessionContext } from '../usage-session';
import { announcement } from './words';

/** Below the half minute after which many proxies cut a silent connection. */
const KEEP_ALIVE_MS = 15_000;
/** How long the browser waits before it asks again after a cut: short, since nothing is lost but liveness. */
const RETRY_MS = 2_000;

/**
 * Tells the page of each entry as it lands: `entry` events, numbered by `seq`, resumed by `Last-Event-ID`; `ended`
 * when the session is over. The page then asks for itself anew, so that only the server knows how a row looks.
 */
export function streamEntries(
  c: Context,
  ctx: UsageSessionContext,
  session: UsageSession,
  after: number | undefined,
): Response {
  return streamSSE(c, async (stream) => {
    const ended = new Promise<void>((resolve) => {
      stream.onAbort(resolve);
      ctx.stopping.addEventListener('abort', () => resolve(), { once: true });
    });
    const unwatch = liveFeed(ctx.makegood.context.db).watch(session.account, after, async (entries) => {
      for (const entry of entries) {
        const data = JSON.stringify({ seq: entry.seq, text: announcement(entry) });
        await stream.writeSSE({ id: String(entry.seq), event: 'entry', data });
      }
    });
    const beat = setInterval(() => void stream.write(': still here\n\n'), KEEP_ALIVE_MS);
    let over: NodeJS.Timeout | undefined;
    const expired = new Promise<void>((resolve) => {
      over = setTimeout(resolve, session.expiresAt * 1000 - Date.now());
    });
    try {
      // The first bytes also open the stream in the browser.
      await stream.write(`retry: ${RETRY_MS}\n\n`);
      await Promise.race([ended, expired.then(() => stream.writeSSE({ event: 'ended', data: '' }))]);
    } finally {
      unwatch();
      clearInterval(beat);
      clearTimeout(over);
    }
  });
}
