import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { address, MAIN, makegood, newAccount, stackEnv } from '../harness';
import { run } from '../harness/command';
import { newKey, startApi } from '../server/api';
import { feedOf, visit } from '../server/page-visit';

// What people see of what is erased, and how they erase it.

/** A customer with one delivered and one refunded generation. */
async function customer() {
  const account = await newAccount(5);
  for (const [id, behaviour] of [
    ['fine', 'ok'],
    ['bad', 'refused'],
  ] as const) {
    const input = { to: address(behaviour), goal: 'Say hello' };
    await makegood().start({ account, id, kind: 'email-draft', input });
    await makegood().result(account, id);
  }
  return account;
}

/** With what somebody types at the question. */
async function typing(args: readonly string[], typed: string) {
  const child = spawn(process.execPath, [MAIN, ...args], { env: stackEnv(), cwd: tmpdir() });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  child.stdin.end(typed);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, ...output };
}

const erasedAt = async (account: string, id: string) => (await makegood().describe(account, id)).record?.erasedAt;

test('GIVEN a terminal WHEN erase is not confirmed by the very id THEN nothing is erased; confirmed, it is', async () => {
  const account = await customer();
  for (const typed of ['', 'yes\n', `${account}\n`]) {
    const { code, stderr } = await typing(['erase', account, 'fine'], typed);
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Not confirmed. Nothing was erased.'),
    });
  }
  expect(await erasedAt(account, 'fine')).toBeNull();
  const done = await typing(['erase', account, 'fine'], 'fine\n');
  expect(done).toMatchObject({
    code: 0,
    stdout: `Erased: ${account} fine, 1 generation. Temporal deletes its histories: 1.\n`,
    stderr: expect.stringContaining(`This erases fine of ${account}.`),
  });
  expect(await erasedAt(account, 'fine')).toEqual(expect.any(Date));
  expect(await erasedAt(account, 'bad')).toBeNull();
});

test('GIVEN a script WHEN it erases THEN --yes asks nothing, --json answers, and errors are one line', async () => {
  const account = await customer();
  const json = async (...args: string[]) => JSON.parse((await run(['erase', ...args, '--yes', '--json'])).stdout);
  expect(await json(account, 'fine')).toEqual({ account, generation: 'fine', generations: 1, histories: 1 });
  const { generation } = await json(account, 'bad', '--pseudonymise');
  expect(generation).toMatch(/^erased-[0-9a-f-]{36}$/);
  expect(await json(account)).toMatchObject({ account, generation: null, generations: 2 });
  const line = async (...args: string[]) => {
    const { code, stderr } = await run(['erase', ...args, '--yes']);
    return `${code} ${stderr}`;
  };
  expect(await line(account, 'bad')).toBe('2 error: This account has no generation with this id.\n');
  expect(await line('nobody-at-all')).toBe('2 error: There is no such account. A first grant creates it.\n');
  expect(await line('not an id')).toMatch(/^2 error: account: an account id has 1 to 64 characters/);
  const busy = await newAccount();
  const { id } = await makegood().start({
    account: busy,
    kind: 'email-draft',
    input: { to: address('hang'), goal: 'Say hello' },
  });
  expect(await line(busy)).toBe(
    `1 error: The generation ${id} is still under way. Cancel it first, then erase again.\n`,
  );
  await makegood().cancel(busy, id);
});

test('GIVEN what is erased THEN show, usage and grant say so plainly', async () => {
  const account = await customer();
  for (const generation of ['fine', 'bad']) await makegood().erase({ account, generation });
  const show = async (id: string) => (await run(['show', id, '--account', account])).stdout;
  expect(await show('fine')).toMatch(
    /^erased · .* fine\nsucceeded after 1 attempt · charged 1 credit\n(.*\n)*The draft was erased\.\n$/,
  );
  expect(await show('bad')).toMatch(
    /^erased · .* bad\nrefunded .* charged 1 credit, refunded 1 · Erased\. \[PROVIDER_REFUSED\]\n/,
  );
  const shown = JSON.parse((await run(['show', 'fine', '--account', account, '--json'])).stdout);
  expect(shown).toMatchObject({ status: 'succeeded', label: null, output: null, erasedAt: expect.any(String) });
  const { stdout } = await run(['usage', account]);
  expect(stdout).toMatch(/refunded +erased \(bad\) · Erased\. \[PROVIDER_REFUSED\]/);
  expect(stdout).toMatch(/reserved +erased \(fine\)/);
  await makegood().erase({ account });
  const again = ['generate', '--account', account, '--to', address('ok'), '--goal', 'Say hello', '--id', 'more'];
  expect(await run(again)).toMatchObject({ code: 2, stderr: expect.stringContaining('This account was erased.') });
  expect(await run(['grant', account, '5'])).toMatchObject({
    code: 2,
    stderr: 'error: This account was erased. It can no longer be granted credits or start work.\n',
  });
});

test('GIVEN the API WHEN an admin erases THEN it is erased, with a body or without; others may not', async () => {
  const api = await startApi();
  const account = await customer();
  const [admin, write] = [await newKey('admin'), await newKey('write')];
  const erase = (path: string, key: string, body?: unknown) => api.call(path, { method: 'POST', key, body });
  expect((await erase(`/v1/generations/fine/erase?account=${account}`, write)).status).toBe(403);
  const fine = await erase(`/v1/generations/fine/erase?account=${account}`, admin);
  expect([fine.status, await fine.json()]).toEqual([
    200,
    { account, generation: 'fine', generations: 1, histories: 1 },
  ]);
  const shown = await (await api.call(`/v1/generations/fine?account=${account}`, { key: write })).json();
  expect(shown).toMatchObject({ status: 'succeeded', label: null, output: null, erasedAt: expect.any(String) });
  const csv = await (await api.call(`/v1/accounts/${account}/usage.csv`, { key: write })).text();
  expect(csv).toMatch(/,RESERVE,-1,1,4,fine,,,,,,\r\n/);

  expect((await erase(`/v1/accounts/${account}/erase`, write)).status).toBe(403);
  const whole = await erase(`/v1/accounts/${account}/erase`, admin, { pseudonymise: true });
  const { account: pseudonym } = (await whole.json()) as { account: string };
  expect(pseudonym).toMatch(/^erased-/);
  expect((await api.call(`/v1/accounts/${account}`, { key: write })).status).toBe(404);
  expect(await (await api.call(`/v1/accounts/${pseudonym}`, { key: write })).json()).toEqual({
    ...{ account: pseudonym, balance: 4, held: 0 },
  });
});

test('GIVEN the usage page WHEN its account is erased and corrected THEN it shows each, adds up, and fails on nothing', async () => {
  const account = await customer();
  await makegood().adjust({ account, credits: -2, key: randomUUID(), reason: 'Granted twice' });
  await makegood().adjust({ account, credits: 1, key: randomUUID(), reason: 'For your patience' });
  const before = await visit(account);
  expect((await feedOf(before)).slice(0, 2)).toEqual([
    'Correction +1 For your patience',
    'Correction −2 Granted twice',
  ]);
  await makegood().erase({ account });
  const page = await visit(account);
  expect(await feedOf(page)).toEqual([
    ...['Correction +1 Erased.', 'Correction −2 Erased.', 'Refund +1 Given back', 'Charge −1 Given back'],
    ...['Charge −1 Delivered', 'Grant +5 Erased.'],
  ]);
  expect(await page.$$eval('.row .label', (labels) => labels.map((label) => label.textContent))).toEqual([
    ...['Credits added by our team', 'Credits taken off by our team', 'Erased', 'Erased', 'Erased', 'Credits added'],
  ]);
  expect(await page.$eval('.adds-up', (sum) => sum.getAttribute('data-adds-up'))).toBe('true');
});
