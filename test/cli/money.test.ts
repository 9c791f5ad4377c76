import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { address, newAccount, stackEnv } from '../harness';
import { BARE, inFolder, jsonLines, launch, run } from '../harness/command';

test('GIVEN a key WHEN a grant is asked for twice THEN it is granted once; with another amount it is refused', async () => {
  const account = `t-${randomUUID()}`;
  const grant = (credits: string) =>
    run(['grant', account, credits, '--key', 'invoice-1', '--reason', 'Invoice 1', '--json']);
  for (const { code, stdout } of [await grant('5'), await grant('5')]) {
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ account, granted: 5, balance: 5, held: 0 });
  }
  expect(await grant('6')).toMatchObject({ code: 2, stderr: expect.stringContaining('different amount') });
  expect(JSON.parse((await run(['balance', account, '--json'])).stdout)).toEqual({ account, balance: 5, held: 0 });
  expect((await run(['balance', account])).stdout).toBe(`${account} has 5 credits, and 0 held for work under way.\n`);
});

test('GIVEN a refund THEN the statement tells it, newest first, page by page', async () => {
  const account = await newAccount(2);
  await run(['generate', '--account', account, '--to', address('refused'), '--goal', 'Say hello', '--id', 'g']);
  const first = await run(['usage', account, '--json', '--limit', '2']);
  expect(first).toMatchObject({ code: 0, stderr: 'older entries: --cursor 2\n' });
  const page = jsonLines(first.stdout);
  expect(Object.keys(page[0] ?? {})).toEqual([
    'seq',
    'at',
    'kind',
    'amount',
    'held',
    'balance',
    'cost',
    'generation',
    'label',
    'user',
    'campaign',
    'metadata',
    'reason',
    'message',
  ]);
  expect(page).toMatchObject([
    { seq: 3, kind: 'REFUND', amount: 1, held: -1, balance: 2, generation: 'g', reason: 'PROVIDER_REFUSED' },
    { seq: 2, kind: 'RESERVE', amount: -1, held: 1, balance: 1, generation: 'g', reason: null },
  ]);
  const second = await run(['usage', account, '--json', '--cursor', '2']);
  expect(second.stderr).toBe('');
  expect(jsonLines(second.stdout)).toMatchObject([
    { seq: 1, kind: 'GRANT', amount: 2, held: 0, balance: 2, generation: null },
  ]);

  const people = (await run(['usage', account])).stdout.split('\n');
  expect(people[1]).toMatch(/^ +3 .* \+1 +2 +refunded +Email to .*declined.*\[PROVIDER_REFUSED\]$/);
  expect(people[2]).toMatch(/^ +2 .* −1 +1 +reserved/);
  const coloured = await run(['usage', account], { env: { ...stackEnv(), FORCE_COLOR: '1' } });
  expect(coloured.stdout).toContain('\u001b[32m   3'); // Green.
  expect(coloured.stdout).toContain('\u001b[31m   2'); // Red.
});

test('GIVEN a .env in the folder THEN it is read, and a variable that is set wins', async () => {
  const account = await newAccount(2);
  await inFolder(async (cwd) => {
    writeFileSync(join(cwd, '.env'), `DATABASE_URL=${stackEnv().DATABASE_URL}\n`);
    expect(await run(['balance', account], { env: BARE, cwd })).toMatchObject({ code: 0 });
    const elsewhere = { ...BARE, DATABASE_URL: 'postgresql://127.0.0.1:1/none' };
    expect(await run(['balance', account], { env: elsewhere, cwd })).toMatchObject({ code: 1 });
  });
});

test('GIVEN a reader that has read enough THEN the statement ends without an error', async () => {
  const account = await newAccount(2);
  const { child, ended } = launch(['usage', account]);
  child.stdout?.destroy();
  expect(await ended).toMatchObject({ code: 0, stderr: '' });
});
