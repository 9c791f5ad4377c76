import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { LOOPBACK } from '../../dev/ports';
import { liveFeed } from '../../server/live-feed';
import { usagePage } from '../../server/page';
import { createUsageLink, type UsageSessionContext } from '../../server/usage-session';
import { makegood, onClose, stackEnv } from '../harness';

/** The usage page on a port of its own, closed with the test file. */
export interface PageServer {
  readonly url: string;
  readonly ctx: UsageSessionContext;
  /** A fresh link to the account's page. */
  link(account: string, returnUrl?: string): Promise<string>;
  stop(): Promise<void>;
}

export async function startPageServer(
  extra: Record<string, string | undefined> = {},
  product = makegood(),
): Promise<PageServer> {
  const env: Record<string, string | undefined> = {
    ...stackEnv(),
    MAKEGOOD_SESSION_SECRET: 'a secret of the test, at least 32 bytes long',
    ...extra,
  };
  const ctx: UsageSessionContext = { makegood: product, env };
  const app = new Hono().route('/usage', usagePage(ctx));
  const server = createServer(getRequestListener(app.fetch));
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  const url = `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`;
  env.MAKEGOOD_PUBLIC_URL = url;
  const stop = async () => {
    liveFeed(product.context.db).stop();
    if (!server.listening) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  onClose(stop);
  return {
    url,
    ctx,
    link: async (account, returnUrl) => (await createUsageLink(ctx, { account, returnUrl })).url,
    stop,
  };
}
