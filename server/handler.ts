import { setMaxListeners } from 'node:events';
import type { Logger } from 'pino';
import type { Makegood } from '../client/makegood';
import { MakegoodError } from '../errors';
import { buildApp } from './app';
import { liveFeed } from './live-feed';
import { serverLog } from './log';
import { readServerSettings } from './settings';

export interface HandlerSetup {
  /** Closed by whoever opened it, after `signal`. */
  readonly makegood: Makegood;
  /** Where browsers reach your app, as `https://app.example.com`: links to the usage page begin with it. Else MAKEGOOD_PUBLIC_URL. */
  readonly publicUrl?: string;
  /** Abort it when your app stops: streams and waits end then. */
  readonly signal?: AbortSignal;
  /** The environment to read settings from; `process.env` unless given. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** On stderr unless given. */
  readonly log?: Logger;
}

/**
 * The HTTP API and the usage page as one fetch handler, to mount in an app of your own. Send it the paths `/v1/*`,
 * `/usage`, `/usage/*`, `/docs`, `/openapi.json`, `/problems`, `/problems/*`, `/healthz` and `/readyz`, as they are: the
 * page's links name them. Any other path is answered with 404. Throws INVALID_SETTING.
 */
export function makegoodHandler({
  makegood,
  publicUrl,
  signal,
  env = process.env,
  log,
}: HandlerSetup): (request: Request) => Promise<Response> {
  const all = publicUrl === undefined ? env : { ...env, MAKEGOOD_PUBLIC_URL: publicUrl };
  const settings = readServerSettings(all);
  if (settings.publicUrl === undefined) {
    throw new MakegoodError(
      'INVALID_SETTING',
      'Set MAKEGOOD_PUBLIC_URL, or publicUrl, to where browsers reach your app.',
    );
  }
  // An own one for each of these: listeners on the host's would stay with it.
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal); // One for each stream.
  const stop = () => {
    stopping.abort();
    liveFeed(makegood.context.db).stop();
  };
  if (signal?.aborted) stop();
  else signal?.addEventListener('abort', stop, { once: true });
  const app = buildApp({ makegood, env: all, log: log ?? serverLog(settings.logLevel), stopping: stopping.signal });
  return async (request) => app.fetch(request);
}
