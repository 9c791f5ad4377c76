import { newAccount } from '../harness';
import { linkTo, pageServer, startPageServer } from './page-visit';

// Who may see a usage page: the browser that opens a link first, and the account of that link alone.

/** What a browser gets, without following redirects. */
const open = (url: string, cookie?: string) =>
  fetch(url, { redirect: 'manual', ...(cookie ? { headers: { cookie } } : {}) });
const cookieOf = (answer: Response) => answer.headers.get('set-cookie')?.split(';')[0] ?? '';

/** Refused in words, with nothing of any account. */
async function expectRefused(answer: Response, status: number, words: RegExp, account: string) {
  expect(answer.status).toBe(status);
  expect(answer.headers.get('set-cookie')).toBeNull();
  const html = await answer.text();
  expect(html).toMatch(words);
  expect(html).not.toContain(account);
}

test('GIVEN a link THEN its first visit gives a cookie that only the server reads, and the page shows the account', async () => {
  const account = await newAccount(7);
  const answer = await open(await linkTo(account));
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/usage']);
  expect(answer.headers.get('set-cookie')).toMatch(/Path=\/usage;.*HttpOnly; SameSite=Lax/);

  const page = await open(`${(await pageServer()).url}/usage`, cookieOf(answer));
  expect(await page.text()).toContain(account);
  expect(page.headers.get('cache-control')).toBe('no-store');
  const policy = page.headers.get('content-security-policy') ?? '';
  expect(policy).toMatch(/default-src 'none'; script-src 'nonce-[^']+'; style-src 'nonce-[^']+'/);
  expect(policy).not.toContain('unsafe');
});

test('GIVEN a link that was used THEN no server takes it again', async () => {
  const account = await newAccount();
  const link = await linkTo(account);
  expect((await open(link)).status).toBe(303);
  await expectRefused(await open(link), 401, /This link was already used/, account);

  const second = await startPageServer();
  await expectRefused(await open(link.replace(/^http:\/\/[^/]+/, second.url)), 401, /already used/, account);
});

test('GIVEN a link that a mail program checks by HEAD THEN it is still good for its visit', async () => {
  const link = await linkTo(await newAccount());
  const checked = await fetch(link, { method: 'HEAD', redirect: 'manual' });
  expect([checked.status, checked.headers.get('set-cookie')]).toEqual([200, null]);
  expect((await open(link)).status).toBe(303);
});

test('GIVEN two browsers that open one link at the same moment THEN one is let in', async () => {
  const link = await linkTo(await newAccount());
  const answers = await Promise.all([1, 2, 3, 4].map(() => open(link)));
  expect(answers.map(({ status }) => status).sort()).toEqual([303, 401, 401, 401]);
});

test('GIVEN a link altered to name another account, or cut off THEN 403', async () => {
  const [mine, theirs] = [await newAccount(), await newAccount()];
  const link = await linkTo(mine);
  const [head, claims = '', signature] = new URL(link).searchParams.get('token')?.split('.') ?? [];
  const altered = Buffer.from(Buffer.from(claims, 'base64url').toString().replace(mine, theirs)).toString('base64url');
  const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
  const { url } = await pageServer();
  for (const token of [`${head}.${altered}.${signature}`, `${none}.${altered}.`, link.slice(0, -3).split('=')[1], '']) {
    await expectRefused(await open(`${url}/usage/enter?token=${token}`), 403, /This link is not valid/, theirs);
  }
});

test('GIVEN a link of eleven minutes ago, or a session of an hour ago THEN 401', async () => {
  const account = await newAccount();
  const now = Date.now();
  const clock = jest.spyOn(Date, 'now').mockReturnValue(now - 11 * 60_000);
  const link = await linkTo(account);
  clock.mockRestore();
  await expectRefused(await open(link), 401, /Your session has expired/, account);

  const cookie = cookieOf(await open(await linkTo(account)));
  const later = jest.spyOn(Date, 'now').mockReturnValue(now + 61 * 60_000);
  const answer = await open(`${(await pageServer()).url}/usage`, cookie);
  later.mockRestore();
  await expectRefused(answer, 401, /Your session has expired/, account);
});

test('GIVEN no session, or a link in place of one THEN neither page, stream nor file', async () => {
  const account = await newAccount();
  const { url } = await pageServer();
  const token = new URL(await linkTo(account)).searchParams.get('token');
  for (const path of ['/usage', '/usage/stream', '/usage/usage.csv']) {
    await expectRefused(await open(url + path), 401, /not signed in/, account);
    await expectRefused(await open(url + path, `makegood_usage=${token}`), 403, /not valid/, account);
  }
});

test('GIVEN a returnUrl that is no web address THEN no link is made', async () => {
  const account = await newAccount();
  for (const returnUrl of ['javascript:alert(1)', 'data:text/html,x', '/settings', 'nonsense']) {
    await expect(linkTo(account, returnUrl)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  }
  await expect(linkTo(account, 'https://app.example.com/')).resolves.toMatch(/token=/);
});
