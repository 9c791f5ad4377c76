import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { PACKAGE_ROOT } from '../../package-root';
import { MAIN, makegood } from '../harness';
import { profile, visit } from './page-visit';
import { showcase } from './showcase';
import { terminalPage } from './terminal-picture';

// The README's pictures, into docs/images: jest --testMatch '**/test/server/screenshots.ts'.
// SCREENSHOTS names another folder, which gets every view of the page besides.

const folder = process.env.SCREENSHOTS ?? join(PACKAGE_ROOT, 'docs/images');
const DESKTOP = { viewport: { width: 1280, height: 900 } };
const PHONE = { viewport: { width: 375, height: 800 } };

beforeAll(() => mkdir(folder, { recursive: true }));

async function save(page: Page, name: string, fullPage = false): Promise<void> {
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage });
  await page.context().close();
}

test('the usage page', async () => {
  const account = 'acme-inc';
  await showcase(account);
  const see = async (options: BrowserContextOptions, of = account) =>
    visit(of, { deviceScaleFactor: 2, ...options }, 'https://app.example.com/settings');
  await save(await see({ ...DESKTOP, deviceScaleFactor: 1.5 }), 'usage');
  if (!process.env.SCREENSHOTS) return;

  await save(await see({ ...DESKTOP, colorScheme: 'dark' }), 'dark', true);
  await save(await see(PHONE), 'phone', true);
  await save(await see(DESKTOP, 'nobody-yet'), 'empty', true);
  const opened = await see({ ...DESKTOP });
  await opened.click('.row.refund summary');
  await save(opened, 'opened', true);
}, 120_000);

test("a refunded generation in Temporal's Web UI", async () => {
  const account = 'brightside';
  await makegood().grant({ account, credits: 10 });
  const to = 'down+oakridge@sandbox.test';
  const { id } = await makegood().start({
    account,
    id: 'thanks-oakridge',
    kind: 'email-draft',
    input: { to, goal: 'Thank them' },
  });
  await makegood().result(account, id, 60_000);
  const { workflow } = await makegood().describe(account, id);
  const page = await (await profile({ ...DESKTOP, deviceScaleFactor: 1.25 })).newPage();
  await page.goto(workflow.url ?? '');
  await page.getByText('refund', { exact: false }).first().waitFor();
  await page.waitForLoadState('networkidle').catch(() => {}); // It polls; a picture of what is there will do.
  // The events alone: what stands above them has stack traces, with the paths of this machine.
  await page.evaluate(
    `[...document.querySelectorAll('h2')].find((h) => h.textContent.includes('Event History')).scrollIntoView()`,
  );
  await save(page, 'web-ui');
}, 120_000);

test("the demo's statement", async () => {
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, FORCE_COLOR: '1' };
  const { stdout } = await promisify(execFile)(process.execPath, [MAIN, 'demo', '--once'], { env, cwd: tmpdir() });
  const page = await (await profile({ ...DESKTOP, deviceScaleFactor: 1 })).newPage();
  await page.setContent(terminalPage(stdout.slice(stdout.indexOf('The statement') - 4)));
  await page.locator('pre').screenshot({ path: join(folder, 'demo.png') });
}, 180_000);
