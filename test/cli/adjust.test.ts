import { randomUUID } from 'node:crypto';
import { makegood, newAccount } from '../harness';
import { jsonLines, run } from '../harness/command';

const adjust = (account: string, credits: string, key: string = randomUUID(), ...more: string[]) =>
  run(['adjust', account, credits, '--key', key, '--reason', 'Granted twice by mistake', ...more]);

test('GIVEN a balance WHEN it is adjusted down and up THEN the statement says so, with the reason', async () => {
  const account = await newAccount(10);
  expect(await adjust(account, '-4')).toMatchObject({
    code: 0,
    stdout: `${account} has been adjusted by −4. The balance is 6.\n`,
  });
  const { stdout } = await adjust(account, '3', 'up', '--json');
  expect(JSON.parse(stdout)).toEqual({ account, adjusted: 3, balance: 9, held: 0 });
  expect(jsonLines((await run(['usage', account, '--json'])).stdout)).toMatchObject([
    { kind: 'ADJUST', amount: 3, held: 0, balance: 9, generation: null, message: 'Granted twice by mistake' },
    { kind: 'ADJUST', amount: -4, balance: 6 },
    { kind: 'GRANT', amount: 10 },
  ]);
  expect((await run(['usage', account])).stdout).toMatch(/−4 +6 +adjusted +Granted twice by mistake\n/);
});

test('GIVEN a key WHEN an adjustment is asked for twice THEN it is made once; by another amount it is refused', async () => {
  const account = await newAccount(10);
  await adjust(account, '-4', 'ticket-77');
  expect(await adjust(account, '-4', 'ticket-77')).toMatchObject({ code: 0 });
  const conflict = { code: 2, stderr: expect.stringContaining('This key was already used') };
  expect(await adjust(account, '-5', 'ticket-77')).toMatchObject(conflict);
  await makegood().grant({ account, credits: 3, key: 'invoice-1' });
  expect(await adjust(account, '3', 'invoice-1')).toMatchObject(conflict);
  expect(await makegood().balance(account)).toEqual({ account, balance: 9, held: 0 });
});

test('GIVEN an adjustment that is not right THEN one line says why, and nothing moves', async () => {
  const account = await newAccount(10);
  const lines = [
    [await adjust(account, '-11'), 1, "The balance is 10: 11 can't be taken off. Nothing was changed."],
    [await adjust('nobody-at-all', '1'), 2, 'There is no such account. A first grant creates it.'],
    [await adjust(account, '0'), 2, 'credits: an adjustment is by 1 credit or more, up or down.'],
    [await adjust(account, '1.5'), 2, expect.stringContaining('whole number')],
    [await adjust(account, '-1000000000001'), 2, expect.stringContaining('whole number from -1000000000000')],
    [await run(['adjust', account, '-1', '--reason', 'No key']), 2, "required option '--key <key>' not specified"],
    [await run(['adjust', account, '-1', '--key', 'k']), 2, "required option '--reason <text>' not specified"],
  ] as const;
  for (const [{ code, stderr, stdout }, expected, line] of lines) {
    expect({ code, stdout, line: stderr.replace(/^error: (.*)\n$/, '$1') }).toEqual({
      code: expected,
      stdout: '',
      line,
    });
  }
  expect(await makegood().usage(account)).toMatchObject({ entries: [{ kind: 'GRANT' }] });
});
