import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../package-root';
import { startBrowser } from '../harness/browser';
import { startPageServer } from './page-server';
import { showcase } from './showcase';

// `npm run screenshots`: the README's pictures. SCREENSHOTS names another folder, which then gets all views.

const folder = process.env.SCREENSHOTS;

test('pictures of the usage page', async () => {
  const server = await startPageServer();
  const { profile, close } = await startBrowser();
  try {
    const account = 'acme-inc';
    await showcase(account);
    const shoot = async (name: string, options: Parameters<typeof profile>[0], of = account, open?: string) => {
      const context = await profile({ deviceScaleFactor: 2, ...options });
      const page = await context.newPage();
      page.on('console', (message) => console.log(`${name}: ${message.text()}`));
      await page.goto(await server.link(of, 'https://app.example.com/settings'));
      await page.waitForSelector('[data-state="live"]', { timeout: 10_000 });
      if (open) await page.click(open);
      const path = join(folder ?? join(PACKAGE_ROOT, 'docs/images'), `${name}.png`);
      await page.screenshot({ path, fullPage: folder !== undefined });
      await context.close();
    };
    await shoot('usage', { viewport: { width: 1280, height: 900 } });
    if (folder === undefined) return;
    await shoot('dark', { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' });
    await shoot('phone', { viewport: { width: 375, height: 800 } });
    await shoot(
      'phone-dark',
      { viewport: { width: 375, height: 800 }, colorScheme: 'dark' },
      account,
      '.row.refund summary',
    );
    await shoot('opened', { viewport: { width: 1280, height: 900 } }, account, '.row.refund summary');
    await shoot('empty', { viewport: { width: 1280, height: 900 } }, 'nobody-yet');
  } finally {
    await close();
  }
}, 120_000);
