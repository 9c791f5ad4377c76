import { randomUUID } from 'node:crypto';
import { makegood, newAccount, sandboxRequests } from '../harness';
import { run } from '../harness/command';

let account: string;
const to = `ok+${randomUUID()}@sandbox.test`;
beforeAll(async () => {
  account = await newAccount(5);
});

/** `ACCOUNT` stands for the test's own. */
const ROWS: [what: string, args: string[], says: RegExp][] = [
  ['an unknown command', ['grnat', 'ACCOUNT', '5'], /unknown command 'grnat'/],
  ['an unknown option', ['grant', 'ACCOUNT', '5', '--frobnicate'], /unknown option '--frobnicate'/],
  ['a missing argument', ['grant', 'ACCOUNT'], /missing required argument 'credits'/],
  ['an argument too many', ['balance', 'ACCOUNT', 'more'], /too many arguments/],
  ['an unknown account', ['balance', 'nobody-here'], /no such account/],
  ['a malformed account id', ['balance', 'no spaces'], /account id/],
  ['an account id that is too long', ['balance', 'a'.repeat(65)], /account id/],
  ['an amount of 0', ['grant', 'ACCOUNT', '0'], /whole number of 1 or more/],
  ['a negative amount', ['grant', 'ACCOUNT', '-5'], /whole number of 1 or more/],
  ['an amount that is not whole', ['grant', 'ACCOUNT', '1.5'], /whole number of 1 or more/],
  ['an amount that is no number', ['grant', 'ACCOUNT', 'many'], /whole number of 1 or more/],
  ['an amount beyond the largest', ['grant', 'ACCOUNT', '9007199254740991'], /1000000000000 credits at most/],
  ['a limit of 0', ['usage', 'ACCOUNT', '--limit', '0'], /--limit.*from 1 to 1000/],
  ['a statement of nobody', ['usage', 'nobody-here'], /no such account/],
  ['a cursor that is none', ['usage', 'ACCOUNT', '--cursor', 'x'], /--cursor/],
  ['a brief without a recipient', ['generate', '--account', 'ACCOUNT', '--goal', 'x'], /--to is missing/],
  ['a brief without a goal', ['generate', '--account', 'ACCOUNT', '--to', to], /--goal is missing/],
  ['an empty goal', ['generate', '--account', 'ACCOUNT', '--to', to, '--goal', ' '], /goal: must not be empty/],
  [
    'a recipient that is none',
    ['generate', '--account', 'ACCOUNT', '--to', 'me', '--goal', 'x'],
    /to: must be an email/,
  ],
  // 100 kB: Linux takes no larger argument than 128 kB; 1 MB is tried from a file.
  [
    'a huge goal',
    ['generate', '--account', 'ACCOUNT', '--to', to, '--goal', 'x'.repeat(100_000)],
    /goal: must be at most/,
  ],
  ['no account', ['generate', '--to', to, '--goal', 'x'], /--account is missing/],
  ['an unknown account', ['generate', '--account', 'nobody-here', '--to', to, '--goal', 'x'], /no such account/],
  ['a malformed id', ['generate', '--account', 'ACCOUNT', '--to', to, '--goal', 'x', '--id', 'a/b'], /generation id/],
  ['two sources', ['generate', '--account', 'ACCOUNT', '--file', 'x', '--count', '3'], /Give one/],
  [
    'an id for many',
    ['generate', '--account', 'ACCOUNT', '--count', '3', '--id', 'x'],
    /--id does not go with --count/,
  ],
  ['a mix of nothing known', ['generate', '--account', 'ACCOUNT', '--count', '3', '--mix', 'okay=1'], /"okay=1"/],
  [
    'a mix without a count',
    ['generate', '--account', 'ACCOUNT', '--to', to, '--goal', 'x', '--mix', 'ok'],
    /goes with --count/,
  ],
  ['a count of 0', ['generate', '--account', 'ACCOUNT', '--count', '0'], /--count/],
  [
    'a file that is not there',
    ['generate', '--account', 'ACCOUNT', '--file', '/nowhere.jsonl'],
    /--file \/nowhere.jsonl/,
  ],
  ['a generation that is unknown', ['show', 'nothing', '--account', 'ACCOUNT'], /no generation with this id/],
  ['a generation that is unknown', ['cancel', 'nothing', '--account', 'ACCOUNT'], /no generation with this id/],
  ['a generation that is unknown', ['retry', 'nothing', '--account', 'ACCOUNT'], /no generation with this id/],
  [
    'a refund that is no number',
    ['retry', 'x', '--account', 'ACCOUNT', '--after', 'one'],
    /--after.*whole number of 1 or more/,
  ],
  ['a refund 0', ['retry', 'x', '--account', 'ACCOUNT', '--after', '0'], /--after.*whole number of 1 or more/],
  ['a refund and a key', ['retry', 'x', '--account', 'ACCOUNT', '--after', '1', '--key', 'k'], /Give one of the two/],
  [
    'a key that is too long',
    ['retry', 'x', '--account', 'ACCOUNT', '--key', 'k'.repeat(201)],
    /key: must be at most 200/,
  ],
  ['an empty key', ['retry', 'x', '--account', 'ACCOUNT', '--key', ''], /key: must not be empty/],
  ['a generation of nobody', ['show', 'nothing'], /--account/],
  ['orphans of nobody', ['sweep', '--adopt-orphans', 'nobody'], /Nothing was ever held for a namespace/],
];

test.each(ROWS)(
  'GIVEN %s (%p) THEN one clear line on stderr, exit 2, and nothing is written',
  async (_, args, says) => {
    const { code, stdout, stderr } = await run(args.map((arg) => (arg === 'ACCOUNT' ? account : arg)));

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
    expect(stderr).toMatch(says);
    expect((await makegood().usage(account)).entries).toHaveLength(1);
    expect((await sandboxRequests({ to })).count).toBe(0);
  },
);

test('GIVEN no command THEN the help on stderr and exit 2; GIVEN --help THEN it is the answer', async () => {
  const nothing = await run([]);
  expect(nothing).toMatchObject({ code: 2, stdout: '' });
  expect(nothing.stderr).toContain('Usage: makegood');
  const { code, stdout } = await run(['--help']);
  expect(code).toBe(0);
  const commands = [...stdout.matchAll(/^ {2}([a-z][a-z-]*)\b/gm)].map(([, name]) => name as string);
  expect(commands).toEqual(expect.arrayContaining(['dev', 'demo', 'worker', 'generate', 'usage', 'audit']));
  for (const command of commands.filter((name) => name !== 'help')) {
    const help = await run([command, '--help']);
    expect(help.code).toBe(0);
    expect(help.stdout).toMatch(/Examples?:\n {2}\$ /);
  }
});
