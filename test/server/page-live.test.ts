import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { makegood, newAccount, until } from '../harness';
import { grantMany } from './grant-many';
import { feedOf, linkTo, profile, startPageServer, visit } from './page-visit';

// A usage page that stays open: elsewhere in the world, through bursts and absences, beside other windows.

const numbers = (page: Page) => page.$$eval('.row', (rows) => rows.map((row) => Number(row.id.slice(2))));
/** `from` down to `to`. */
const down = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, index) => from - index);
const banner = (page: Page) => page.waitForSelector('[data-banner]:not([hidden])').then((found) => found.textContent());
const grant = (account: string, reason: string) => makegood().grant({ account, credits: 1, reason });

async function goOffAndOn(page: Page, meanwhile: () => Promise<unknown>): Promise<void> {
  await page.context().setOffline(true);
  await page.waitForSelector('[data-banner]:not([hidden])');
  await meanwhile();
  await page.context().setOffline(false);
}

test('GIVEN a first visit from where the day is another one than in UTC THEN each entry is there once, under its own day', async () => {
  const account = await newAccount();
  await grant(account, 'Another');
  const isMorning = new Date().getUTCHours() < 11;
  const page = await visit(account, { timezoneId: isMorning ? 'Pacific/Pago_Pago' : 'Pacific/Kiritimati' });
  await grant(account, 'While you look');
  await page.waitForSelector('#e-3');
  expect(await numbers(page)).toEqual([3, 2, 1]);
  expect(await page.$$eval('.day', (days) => days.map((day) => day.querySelectorAll('.row').length))).toEqual([3]);
  const here = await page.evaluate(`new Intl.DateTimeFormat('sv-SE').format(new Date())`);
  expect(await page.$$eval('.day', ([day]) => day?.id)).toBe(`day-${here}`);

  // Another window notes another time zone.
  await page.evaluate(`document.cookie = 'makegood_time_zone=UTC; path=/usage'`);
  await grant(account, 'And again');
  // It loads itself anew, and is nobody's to read until it has.
  const listed = () => page.$$eval('.day, .row', (all) => all.map(({ id }) => id).join(' ')).catch(() => '');
  await until('each entry once', async () => /^day-\S+ e-4 e-3 e-2 e-1$/.test(await listed()));
});

describe('bursts and absences', () => {
  test('GIVEN a full page WHEN an entry lands THEN it alone is new, and what is older stays for "load more"', async () => {
    const account = await newAccount();
    await grantMany(account, 59, 1, 'One of many');
    const page = await visit(account);
    await grant(account, 'While you read');
    await page.waitForSelector('#e-61');
    expect(await numbers(page)).toEqual(down(61, 11));
    expect(await page.$$eval('.row.new', (rows) => rows.map(({ id }) => id))).toEqual(['e-61']);
    await page.click('[data-more]');
    await page.waitForSelector('#e-1');
    expect(await numbers(page)).toEqual(down(61, 1));
  });

  test('GIVEN a page that was away while more landed than it asks for at once THEN no entry is missing between', async () => {
    const account = await newAccount();
    const page = await visit(account);
    await goOffAndOn(page, () => grantMany(account, 120, 1, 'While you were away'));
    await page.waitForSelector('#e-121');
    const shown = await numbers(page);
    expect(shown).toEqual(down(121, shown.at(-1) ?? 0));
    for (let more = 2; more > 0; more--) {
      const oldest = (await numbers(page)).at(-1) ?? 0;
      await page.click('[data-more]');
      await page.waitForSelector(`#e-${oldest - 1}`);
    }
    await page.waitForSelector('#e-1');
    expect(await numbers(page)).toEqual(down(121, 1));
    await page.waitForSelector('[data-more]', { state: 'detached' });
  });

  test('GIVEN many entries while the server is slow THEN the page asks once more after it, not once for each', async () => {
    const account = await newAccount();
    const page = await visit(account);
    let asked = 0;
    let answer = () => {};
    const slow = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await page.route(/\/usage\?/, async (route) => {
      asked++;
      await slow;
      await route.continue();
    });
    for (let index = 2; index <= 7; index++) {
      await grant(account, `No. ${index}`);
      await sleep(500); // Twice as long as the server takes to tell of it.
    }
    answer();
    await page.waitForSelector('#e-7');
    await sleep(1_000); // What else it would ask, it asks now.
    expect(asked).toBeLessThanOrEqual(3); // The slow one, the one after it, and one for an entry that came late.
  });

  test('GIVEN a stream that was refused for a while WHEN it is opened again THEN it goes on behind what was told', async () => {
    const server = await startPageServer();
    const account = await newAccount();
    const page = await (await profile()).newPage();
    await page.goto(await linkTo(account, undefined, server));
    await page.waitForSelector('[data-state="live"]');
    await grant(account, 'Told');
    await page.waitForSelector('#e-2');

    await page.route('**/usage/stream*', (route) => route.fulfill({ status: 503 }), { times: 1 });
    const opened = page.waitForRequest(/\/usage\/stream\?after=2$/);
    await server.stop();
    await startPageServer({}, Number(new URL(server.url).port));
    await opened;
    await page.waitForSelector('[data-state="live"]');
  });
});

describe('a visit that is over', () => {
  test('GIVEN a session that has ended WHEN the browser is back on the network THEN the page goes on saying so', async () => {
    const account = await newAccount();
    const page = await visit(account);
    await goOffAndOn(page, () => page.context().clearCookies());
    await until('the end of the visit', async () => /^Your session has expired/.test((await banner(page)) ?? ''));
    await page.context().setOffline(true);
    await page.context().setOffline(false);
    await sleep(500); // For what would take it back.
    expect(await banner(page)).toMatch(/^Your session has expired/);
  });

  test('GIVEN two accounts opened in one browser THEN no window shows entries of the other', async () => {
    const [mine, theirs] = [await newAccount(), await newAccount()];
    await grantMany(mine, 59, 1, 'Mine');
    await grantMany(theirs, 59, 1, 'Theirs');
    const browser = await profile();
    const open = async (account: string) => {
      const page = await browser.newPage();
      await page.goto(await linkTo(account));
      await page.waitForSelector('[data-state="live"]');
      return page;
    };
    const [first, second] = [await open(mine), await open(mine)];
    const other = await open(theirs);

    await grant(mine, 'Mine too');
    expect(await banner(first)).toMatch(/^Another account was opened in this browser/);
    expect(await feedOf(first)).toEqual(Array(50).fill('Grant +1 Mine'));
    expect(await first.textContent('[data-announce]')).toBe('');
    expect(await banner(second)).toMatch(/^Another account/);

    await open(mine);
    await other.click('[data-more]');
    expect(await banner(other)).toMatch(/^Another account/);
    expect(await feedOf(other)).toEqual(Array(50).fill('Grant +1 Theirs'));
  });
});
