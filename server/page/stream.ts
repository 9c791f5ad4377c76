import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from 'hono';
import { liveFeed } from '../live-feed';
import { eventStream } from '../sse';
import type { UsageSession, UsageSessionContext } from '../usage-session';
import { announcement } from './words';

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
  return eventStream(ctx, c, async (stream, over) => {
    const unwatch = liveFeed(ctx.makegood.context.db).watch(session.account, after, async (entries) => {
      for (const entry of entries) {
        if (over.aborted) return;
        const data = JSON.stringify({ seq: entry.seq, text: announcement(entry) });
        await stream.writeSSE({ id: String(entry.seq), event: 'entry', data });
      }
    });
    try {
      const left = session.expiresAt * 1000 - Date.now();
      // Rejects where the stream is over before the session is.
      const expired = await sleep(left, true, { signal: over }).catch(() => false);
      if (expired) await stream.writeSSE({ event: 'ended', data: '' });
    } finally {
      unwatch();
    }
  });
}
