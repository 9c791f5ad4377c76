import { randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import { recordAttempt } from '../../ledger/attempts';
import { registerNamespace } from '../../ledger/credits';
import type { AccountId, ExecutionId, GenerationId, RunId } from '../../ledger/ids';
import { reason } from '../../ledger/reasons';
import { address, client, makegood, newAccount, until } from '../harness';
import { callerOf, ledger, TEST_NAMESPACE } from '../harness/ledger';
import { feedOf, visit } from './page-visit';

// The Billing → Usage page in a real Chromium, before the real stack.

const email = (to: string, goal = 'Thank them for their order') =>
  ({ kind: 'email-draft', input: { to, goal } }) as const;

async function run(account: string, behaviour: string, product = makegood(), id = `g-${randomUUID()}`) {
  await product.start({ account, id, ...email(address(behaviour)) });
  return product.result(account, id, 45_000);
}

const text = (page: Page, selector: string) => page.$eval(selector, (element) => element.textContent ?? '');

/** `0 + 10 + 1 − 1 = 10`, as it stands on the page. */
const sum = (page: Page) =>
  page.$$eval('.sum .term', (terms) =>
    terms
      .map((term) => [term.querySelector('.sign'), term.querySelector('.term-value')])
      .map((parts) => parts.map((part) => part?.textContent?.trim() ?? '').join(' '))
      .join(' ')
      .trim(),
  );

describe('live', () => {
  test('GIVEN an open page WHEN a generation fails for good THEN its charge and its green refund appear without a reload', async () => {
    const account = await newAccount(10);
    const page = await visit(account);
    await page.evaluate('globalThis.sameDocument = true');

    await run(account, 'down');
    await page.waitForSelector('.row.refund');
    await until('the charge to be shown as given back', async () => (await feedOf(page))[1]?.includes('Given back'));
    expect(await feedOf(page)).toEqual([
      'Refund +1 Our AI provider was unavailable; we tried 5 times.',
      'Charge −1 Given back',
      'Grant +10 For the test',
    ]);
    const colour = (selector: string) => page.evaluate(`getComputedStyle(document.querySelector('${selector}')).color`);
    expect(await colour('.row.refund .change')).toBe('rgb(11, 122, 67)');
    expect(await colour('.row.charge .change')).toBe('rgb(22, 24, 29)');
    expect(await text(page, '[data-figure=balance]')).toBe('10');
    expect(await sum(page)).toBe('0 + 10 + 1 − 1 = 10');
    await until('the refund to be announced', async () =>
      /^1 credit refunded\. Email to down/.test(await text(page, '[data-announce]')),
    );
    expect(await page.evaluate('globalThis.sameDocument')).toBe(true);
  });

  test('GIVEN work under way THEN its credit shows as held, and as charged once it is delivered', async () => {
    const account = await newAccount(3);
    const page = await visit(account);
    const id = 'slow-one';
    await makegood().start({ account, id, ...email(address('slow-3s')) });

    await page.waitForSelector('.row.charge.held');
    expect([await text(page, '[data-figure=balance]'), await text(page, '[data-figure=held]')]).toEqual(['2', '1']);
    await makegood().result(account, id, 30_000);
    await page.waitForSelector('.row.charge:not(.held)');
    expect(await feedOf(page)).toEqual(['Charge −1 Delivered', 'Grant +3 For the test']);
    await until('nothing to be held', async () => (await text(page, '[data-figure=held]')) === '0');
  });

  test('GIVEN a row that is open and a page that is scrolled WHEN entries land THEN neither moves', async () => {
    const account = await newAccount(20);
    for (let index = 0; index < 12; index++) await makegood().grant({ account, credits: 1, reason: `No. ${index}` });
    const page = await visit(account, { viewport: { width: 800, height: 500 } });
    await page.click('#e-8 summary');
    await page.$eval('#e-8', (row) => row.scrollIntoView({ block: 'center' }));
    const place = () => page.$eval('#e-8', (row) => Math.round(row.getBoundingClientRect().top));
    const before = await place();

    await makegood().grant({ account, credits: 5, reason: 'While you read' });
    await page.waitForSelector('#e-14', { state: 'attached' });
    expect(Math.abs((await place()) - before)).toBeLessThanOrEqual(1);
    expect(await page.$('#e-8 details[open]')).not.toBeNull();
  });

  test('GIVEN a browser without network THEN the page says so, and catches up when it is back', async () => {
    const account = await newAccount(5);
    const page = await visit(account);
    await page.context().setOffline(true);
    await page.waitForSelector('[data-banner]:not([hidden])');
    expect(await text(page, '[data-banner]')).toMatch(/^You are offline/);
    await makegood().grant({ account, credits: 2, reason: 'Meanwhile' });
    await page.context().setOffline(false);
    await page.waitForSelector('#e-2');
    await page.waitForSelector('[data-banner]', { state: 'hidden' });
  });
});

describe('a story', () => {
  test('GIVEN a generation that failed twice and then worked THEN one charge, which opens to its three tries', async () => {
    const account = await newAccount(10);
    await run(account, 'flaky-2', makegood(), 'third-time');
    const page = await visit(account);
    expect(await feedOf(page)).toEqual(['Charge −1 Succeeded on the 3rd try', 'Grant +10 For the test']);

    await page.click('.row.charge summary');
    const steps = await page.$$eval('.row.charge .timeline li > span', (all) => all.map((step) => step.textContent));
    expect(steps).toEqual([
      '1 credit held ',
      '1st try failed. Our AI provider was unavailable.',
      '2nd try failed. Our AI provider was unavailable.',
      '3rd try succeeded. 1 credit charged.',
    ]);
    const facts = await text(page, '.row.charge .facts');
    expect(facts).toMatch(/^Subject./);
    expect(facts).toContain('third-time');
  });

  test('GIVEN a refund THEN it links to the charge that it gives back, which opens', async () => {
    const account = await newAccount(10);
    await run(account, 'refused');
    const page = await visit(account);
    await page.click('.row.refund .other-half a');
    await page.waitForSelector('.row.charge:target details[open]');
    expect(await text(page, '.row.refund .reason')).toBe('Our AI provider declined to write this draft.');

    // The charge is filtered out here: the link searches for it.
    await page.click('.kinds a:text("Refunds")');
    await page.click('.row.refund .other-half a');
    await page.waitForSelector('.row.charge:target details[open]');
  });

  test('GIVEN work at a price of 0 THEN it is called free', async () => {
    const account = await newAccount(1);
    await run(account, 'ok', client({ prices: { 'email-draft': 0 } }));
    const page = await visit(account);
    expect(await feedOf(page)).toEqual(['Charge free Delivered · free', 'Grant +1 For the test']);
    expect(await sum(page)).toBe('0 + 1 + 0 − 0 = 1');
  });

  test('GIVEN work that cost less than was held THEN one charge of what it cost, and a balance that adds up', async () => {
    const account = await newAccount(1_000);
    await registerNamespace(makegood().context.db, TEST_NAMESPACE);
    const metered = { generation: 'metered', price: 120, user: 'ada', campaign: 'spring', metadata: { team: 'sales' } };
    await callerOf(account as AccountId, metered).reserve();
    const page = await visit(account);
    const balances = () => page.$$eval('.row .after', (all) => all.map((one) => one.lastChild?.textContent));
    expect([await feedOf(page), await balances()]).toEqual([
      ['Charge −120 Held while we work on it', 'Grant +1,000 For the test'],
      ['880', '1,000'],
    ]);
    await callerOf(account as AccountId, metered).settle({ subject: 'Hello' }, 14);
    await page.waitForSelector('.row.charge:not(.held)');
    expect([await feedOf(page), await balances()]).toEqual([
      ['Charge −14 Delivered', 'Grant +1,000 For the test'],
      ['986', '1,000'],
    ]);
    expect((await text(page, '.row.charge .change')).replace(/\s+/g, ' ')).toBe('−14 credits of 120 held');
    expect(await sum(page)).toBe('0 + 1,000 + 0 − 14 = 986');
    await page.click('.row.charge summary');
    expect(await text(page, '.row.charge .timeline')).toContain('14 credits charged, the rest was not needed.');
    expect(await text(page, '.row.charge .facts')).toMatch(/Userada.*Campaignspring.*teamsales/);
  });

  test('GIVEN work of two steps THEN each failed try says of which step it was', async () => {
    const account = (await newAccount(10)) as AccountId;
    await registerNamespace(makegood().context.db, TEST_NAMESPACE);
    await callerOf(account, { generation: 'report' }).reserve();
    const run = { generation: 'report' as GenerationId, execution: 't1' as ExecutionId, run: 'r1' as RunId };
    for (const step of ['outline', 'write']) {
      await recordAttempt(ledger(), { account, ...run }, { step, number: 1 }, reason('PROVIDER_UNAVAILABLE'));
    }
    await callerOf(account, { generation: 'report' }).settle();
    const page = await visit(account);
    expect((await feedOf(page))[0]).toBe('Charge −3 Delivered after 2 failed tries');
    await page.click('.row.charge summary');
    const steps = await page.$$eval('.row.charge .timeline li > span', (all) => all.map((step) => step.textContent));
    expect(steps.slice(1)).toEqual([
      '1st try of outline failed. Our AI provider was unavailable.',
      '1st try of write failed. Our AI provider was unavailable.',
      'Succeeded. 3 credits charged.',
    ]);
  });

  test('GIVEN script in what a customer wrote THEN it is shown as text', async () => {
    const account = await newAccount(3);
    const reason = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
    await makegood().grant({ account, credits: 1, reason });
    const start = (to: string) => makegood().start({ account, ...email(to, reason) });
    await expect(start(`"<b>x</b>"@sandbox.test`)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    // The sandbox makes the draft's subject of the goal.
    const { id } = await start(address('ok'));
    expect(await makegood().result(account, id, 30_000)).toMatchObject({
      output: { subject: expect.stringContaining('<script>') },
    });
    const page = await visit(account);
    expect(await text(page, '.row.grant .reason')).toBe(reason);
    await page.click('.row.charge summary');
    expect(await page.title()).toBe('Usage');
    expect(await page.$$('.row b, .row img, .row script')).toEqual([]);
  });
});

describe('the sum', () => {
  test('GIVEN each kind of entry in turn THEN opening + credits − charges = closing, to the credit', async () => {
    const account = await newAccount(10);
    const page = await visit(account);
    const shows = async (line: string) => {
      await page.reload();
      expect(await sum(page)).toBe(line);
      expect(await text(page, '.check')).toBe('✓ adds up');
    };
    await shows('0 + 10 + 0 − 0 = 10');
    await makegood().grant({ account, credits: 1_000 });
    await shows('0 + 1,010 + 0 − 0 = 1,010');
    await run(account, 'ok');
    await shows('0 + 1,010 + 0 − 1 = 1,009');
    await run(account, 'refused');
    await shows('0 + 1,010 + 1 − 2 = 1,009');
    await page.goto(`${new URL(page.url()).origin}/usage?from=2999-01-01`);
    expect(await sum(page)).toBe('1,009 + 0 + 0 − 0 = 1,009');
  });
});

describe('finding', () => {
  test('GIVEN more entries than a page THEN "load more" adds the older ones in place, without script as well', async () => {
    const account = await newAccount(1);
    for (let index = 0; index < 60; index++) await makegood().grant({ account, credits: 1, reason: `No. ${index}` });
    const page = await visit(account);
    expect((await feedOf(page)).length).toBe(50);
    await page.click('[data-more]');
    await page.waitForSelector('#e-1');
    const ids = await page.$$eval('.row', (rows) => rows.map((row) => Number(row.id.slice(2))));
    expect(ids).toEqual(Array.from({ length: 61 }, (_, index) => 61 - index));

    const plain = await visit(account, { javaScriptEnabled: false });
    await plain.click('[data-more]');
    await plain.waitForSelector('#e-1');
    expect((await plain.$$('.row')).length).toBe(11);
  });

  test('GIVEN filters THEN only what fits is shown, and an id of another account finds nothing', async () => {
    const [account, other] = [await newAccount(5), await newAccount(5)];
    await run(account, 'ok', makegood(), 'mine');
    await run(account, 'refused', makegood(), 'failed');
    await run(other, 'ok', makegood(), 'theirs');
    const page = await visit(account);
    const kinds = () => page.$$eval('.row .kind', (all) => all.map((kind) => kind.textContent));

    await page.click('.kinds a:text("Charges")');
    expect(await kinds()).toEqual(['Charge', 'Charge']);
    await page.click('.kinds a:text("All")');
    await page.fill('[name=id]', 'failed');
    await page.click('button:text("Apply")');
    await page.waitForSelector('.row.refund');
    expect(await kinds()).toEqual(['Refund', 'Charge']);
    await page.fill('[name=id]', 'theirs');
    await page.press('[name=id]', 'Enter');
    await page.waitForSelector('.empty');
    expect(await text(page, '.empty h2')).toBe('No entries match');

    await page.click('.empty a:text("clear")');
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('.csv')]);
    const chunks = await (await download.createReadStream()).toArray();
    const lines = Buffer.concat(chunks).toString().trim().split('\r\n');
    expect(lines.length).toBe(5);
    expect(lines.join()).not.toContain('theirs');
  });

  test('GIVEN a user, a campaign and a kind of work THEN only those entries, what they came to, and the same as CSV', async () => {
    const account = await newAccount(5);
    const ask = async (id: string, user: string, campaign: string) => {
      await makegood().start({ account, id, ...email(address('ok')), user, campaign });
      await makegood().result(account, id, 30_000);
    };
    await ask('one', 'ada', 'spring');
    await ask('two', 'bob', 'spring');
    const page = await visit(account);
    const shown = () => page.$$eval('.row.charge .facts code', (all) => all.map((code) => code.textContent));
    await page.fill('[name=user]', 'ada');
    await page.click('button:text("Apply")');
    await page.waitForSelector('[data-selected]');
    expect(await shown()).toContain('one');
    expect(await shown()).not.toContain('two');
    expect(await text(page, '[data-selected]')).toContain('1 credit charged, 0 refunded, 1 spent');
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('.csv')]);
    const csv = Buffer.concat(await (await download.createReadStream()).toArray()).toString();
    expect(csv.trim().split('\r\n').length).toBe(2);
    expect(csv).toContain(',ada,spring,');

    await page.fill('[name=user]', '');
    await page.fill('[name=campaign]', 'spring');
    await page.fill('[name=work]', 'email-draft');
    await page.click('button:text("Apply")');
    await page.waitForSelector('[name=campaign][value=spring]');
    expect((await feedOf(page)).length).toBe(2);
  });

  test('GIVEN an account without any entry THEN the page says what will come', async () => {
    const page = await visit(`t-${randomUUID()}`);
    expect(await text(page, '.empty h2')).toBe('Nothing here yet');
  });
});
