import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { address, makegood, newAccount } from '../harness';
import { visit } from './page-visit';

// The usage page for everyone: by keyboard, on a phone, with a screen reader, in the dark.

/** An account with each kind of row. */
async function fullAccount(): Promise<string> {
  const account = await newAccount(10);
  for (const [id, behaviour] of [
    ['ok', 'ok'],
    ['no', 'refused'],
  ] as const) {
    await makegood().start({ account, id, kind: 'email-draft', input: { to: address(behaviour), goal: 'Say hello' } });
    await makegood().result(account, id, 30_000);
  }
  await makegood().start({ account, kind: 'email-draft', input: { to: address('slow-30s'), goal: 'Say hello' } });
  return account;
}

async function faultsOf(page: Page): Promise<string[]> {
  // Through the debugger: the page's own policy lets no foreign script in.
  await page.evaluate(await readFile(require.resolve('axe-core/axe.min.js'), 'utf8'));
  const { violations } = (await page.evaluate('axe.run()')) as {
    violations: { id: string; nodes: { html: string }[] }[];
  };
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

test('GIVEN every kind of row, one of them open THEN axe finds nothing, in light and in dark', async () => {
  const account = await fullAccount();
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await visit(account, { colorScheme }, 'https://app.example.com/');
    expect(await faultsOf(page)).toEqual([]);
    await page.click('.row.refund summary');
    expect(await faultsOf(page)).toEqual([]);
  }
});

test('GIVEN a phone THEN nothing is wider than the screen', async () => {
  const account = await fullAccount();
  await makegood().grant({ account, credits: 1_000_000, reason: 'x'.repeat(150) });
  const page = await visit(account, { viewport: { width: 320, height: 640 } });
  for (const row of await page.$$('.row summary')) await row.click();
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320);
});

test('GIVEN only a keyboard THEN every part is reached in the order of reading, and rows open and close', async () => {
  const account = await fullAccount();
  const page = await visit(account, {}, 'https://app.example.com/');
  const focused = () => page.evaluate('document.activeElement.textContent.trim() || document.activeElement.name');
  const tab = async (times = 1) => {
    for (let left = times; left > 0; left--) await page.keyboard.press('Tab');
    return focused();
  };
  expect(await tab()).toBe('Skip to the content');
  expect(await tab()).toBe('← Back to app.example.com');
  expect([await tab(), await tab(), await tab(), await tab()]).toEqual(['All', 'Charges', 'Refunds', 'Grants']);
  expect(await tab()).toBe('Export CSV');
  expect(await tab()).toBe('id');

  await page.focus('.row.refund summary');
  await page.keyboard.press('Enter');
  expect(await page.$('.row.refund details[open]')).not.toBeNull();
  await page.keyboard.press('Enter');
  expect(await page.$('.row.refund details[open]')).toBeNull();
  expect(await tab()).toMatch(/^charge of \d\d:\d\d$/);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.row.charge:target details[open]');
  expect(await focused()).toContain('Given back');
});
