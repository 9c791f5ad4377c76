import pino from 'pino';
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { type RunningServer, startServer } from '../../server';
import { createUsageLink } from '../../server/usage-session';
import { makegood, onClose, serverEnv } from '../harness';
import { startBrowser, type TestBrowser } from '../harness/browser';

// What the tests of the usage page stand on: the real server, and visits in a real browser.

const SECRET = 'a secret of the tests, of at least 32 bytes';

let server: Promise<RunningServer> | undefined;
let browser: Promise<TestBrowser> | undefined;

/** The file's own server, with all that a product has. */
export function pageServer(): Promise<RunningServer> {
  server ??= startPageServer();
  return server;
}

export async function startPageServer(extra: Record<string, string> = {}, port = 0): Promise<RunningServer> {
  const env = { ...serverEnv(), MAKEGOOD_SESSION_SECRET: SECRET, ...extra };
  const started = await startServer({ env, port, log: pino({ level: 'silent' }) });
  onClose(() => started.stop());
  return started;
}

/** A fresh link to the account's page, as a product's backend gets it. */
export async function linkTo(account: string, returnUrl?: string, at?: RunningServer): Promise<string> {
  const { url } = at ?? (await pageServer());
  const env = { MAKEGOOD_SESSION_SECRET: SECRET, MAKEGOOD_PUBLIC_URL: url };
  const ctx = { makegood: makegood(), env, log: pino({ level: 'silent' }), stopping: new AbortController().signal };
  return (await createUsageLink(ctx, { account, returnUrl })).url;
}

/** A browser without any cookies. */
export async function profile(options: BrowserContextOptions = {}): Promise<BrowserContext> {
  browser ??= startBrowser().then((started) => {
    onClose(() => started.close());
    return started;
  });
  const context = await (await browser).profile(options);
  onClose(() => context.close());
  return context;
}

/** The account's page in a browser of its own, live. Anything that the page complains of fails the test. */
export async function visit(account: string, options: BrowserContextOptions = {}, returnUrl?: string): Promise<Page> {
  const page = await (await profile(options)).newPage();
  await page.goto(await linkTo(account, returnUrl));
  if (options.javaScriptEnabled !== false) await page.waitForSelector('[data-state="live"]');
  return page;
}

/** The feed as a customer reads it, newest first: `Refund +1 Our AI provider …`. */
export async function feedOf(page: Page): Promise<string[]> {
  return page.$$eval('.row', (rows) =>
    rows.map((row) => {
      const text = (part: string) => row.querySelector(part)?.firstChild?.textContent ?? '';
      return [text('.kind'), text('.change'), row.querySelector('.reason')?.textContent].join(' ');
    }),
  );
}
