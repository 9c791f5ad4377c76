import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { address, newAccount } from '../harness';
import { inFolder, jsonLines, run } from '../harness/command';

const ask = ['--to', address('ok'), '--goal', 'Say hello'];

test('GIVEN options for whom and for what WHEN it generates THEN list and show tell them, and list finds by them', async () => {
  const account = await newAccount(10);
  const of = (id: string, ...more: string[]) => run(['generate', '-a', account, '--id', id, ...ask, ...more]);
  const pairs = ['--metadata', 'team=sales', '--metadata', 'note=a=b'];
  expect(await of('one', '--user', 'ada', '--campaign', 'spring', ...pairs)).toMatchObject({ code: 0 });
  expect(await of('two')).toMatchObject({ code: 0 });

  const list = async (...more: string[]) => jsonLines((await run(['list', account, '--json', ...more])).stdout);
  const one = { id: 'one', user: 'ada', campaign: 'spring', metadata: { team: 'sales', note: 'a=b' } };
  expect(await list()).toMatchObject([{ id: 'two', user: null, campaign: null, metadata: {} }, one]);
  expect(await list('--user', 'ada', '--status', 'succeeded', '--metadata', 'note=a=b')).toMatchObject([one]);
  expect(await list('--campaign', 'autumn')).toEqual([]);

  const page = await run(['list', account, '--limit', '1']);
  expect(page.stdout).toMatch(/two · Email to .* · succeeded · charged 1 credit/);
  expect(page.stderr).toMatch(/^older generations: --cursor \d+/m);
  const shown = (await run(['show', 'one', '-a', account])).stdout;
  expect(shown).toContain('user: ada · campaign: spring · note: a=b · team: sales');
});

test('GIVEN lines with their own user, campaign and metadata THEN each is attributed by its line', async () => {
  const account = await newAccount(10);
  const line = (more: object) => JSON.stringify({ to: address('ok'), goal: 'Say hello', ...more });
  const lines = [line({ id: 'a', user: 'ada', metadata: { team: 'sales' } }), line({ id: 'b', user: 7 })];
  const ran = await inFolder(async (folder) => {
    const file = join(folder, 'briefs.jsonl');
    writeFileSync(file, lines.join('\n'));
    return run(['generate', '-a', account, '--file', file, '--json']);
  });
  expect(ran).toMatchObject({ code: 2, stderr: expect.stringMatching(/line 2: user: /) });
  const listed = jsonLines((await run(['list', account, '--json'])).stdout);
  expect(listed).toMatchObject([{ id: 'a', user: 'ada', metadata: { team: 'sales' } }]);
});

test('GIVEN what is no pair, no status or no moment THEN one line says so, and exit 2', async () => {
  for (const [option, value, says] of [
    ['--metadata', 'team', /key=value/],
    ['--status', 'lost', /held, succeeded, refunded, cancelled/],
    ['--from', 'yesterday', /a moment/],
  ] as const) {
    const { code, stderr } = await run(['list', 'acme', option, value]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(says) });
  }
});
