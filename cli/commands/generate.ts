import { randomUUID } from 'node:crypto';
import { type Command, Option } from 'commander';
import type { Makegood } from '../../client/makegood';
import { orderOf } from '../../client/order';
import { MakegoodError } from '../../errors';
import type { EmailBrief } from '../../kinds/email-draft';
import { jsonOption, whole } from '../arguments';
import { Exit } from '../errors';
import { type Line, readBriefs } from '../generations/briefs';
import { draftText } from '../generations/draft';
import { generateMany } from '../generations/generate-many';
import { generateOne } from '../generations/generate-one';
import { type Mix, mixedBriefs, parseMix } from '../generations/mix';
import { showProgress } from '../generations/progress';
import { endLine, ROW_FIELDS, rowOf } from '../generations/row';
import { Tally } from '../generations/tally';
import { note, print, printJson } from '../output';
import { reachLedger, reachTemporal } from '../preflight';
import { withMakegood } from '../session';
import { aborted, stopSignal } from '../signals';

interface Options extends Partial<EmailBrief> {
  readonly account?: string;
  readonly id?: string;
  readonly file?: string;
  readonly count?: number;
  readonly mix?: Mix;
  readonly concurrency: number;
  readonly json?: true;
}

export function generate(program: Command): void {
  program
    .command('generate')
    .summary('draft emails: one, a file of them, or many')
    .description('Drafts emails, and waits for them to end: one brief, a file of briefs, or many for a test.')
    .option('-a, --account <account>', 'who pays; a brief in a file may name its own')
    .option('--to <address>', 'the recipient')
    .option('--goal <text>', 'what the email is to achieve')
    .option('--tone <text>', 'how it should sound')
    .option('--language <language>', 'which language to write in')
    .option('--context <text>', 'what the writer should know')
    .option('--sender <text>', 'who signs it')
    .option('--id <id>', 'makes it idempotent: asked for again under the same id, it is made and charged once')
    .option('--file <file>', 'a JSON object a line: {"to","goal",…} and, where it has its own, "id" and "account"')
    .option('--count <n>', 'that many briefs for the sandbox provider', whole(1, 1_000_000))
    .addOption(new Option('--mix <mix>', 'with --count: how the provider behaves, with weights').argParser(parseMix))
    .option('--concurrency <n>', 'how many at a time', whole(1, 1_000), 50)
    .addOption(jsonOption(`${ROW_FIELDS} for each as it ends, a line each`))
    .addHelpText('after', HELP)
    .action(async (options: Options) => {
      const stop = stopSignal();
      const stopped = aborted(stop);
      const what = source(options);
      await withMakegood((makegood) =>
        what === 'one' ? one(makegood, options, stop, stopped) : many(makegood, options, stop, stopped),
      );
    });
}

const HELP = `
A generation that ends refunded, rejected for want of credits or cancelled is a proper outcome. The exit code is
  0  all ended
  1  a server was not reachable, or Ctrl-C came first: what was started goes on in Temporal
  2  a brief was bad, an account unknown or an id taken by another brief; the others have been generated

Examples:
  $ makegood generate --account acme --to ada@example.com --goal "Ask for a call next week" --tone friendly
  $ makegood generate --account acme --file briefs.jsonl --json
  $ makegood generate --account acme --count 100 --mix ok=8,flaky-2=1,down=1`;

/** One source of briefs, and only options that go with it. Throws INVALID_INPUT. */
function source(options: Options): 'one' | 'many' {
  const { file, count, mix, id, account, to, goal, tone, language, context, sender } = options;
  const ofOne = Object.entries({ to, goal, tone, language, context, sender, id }).filter(
    ([, value]) => value !== undefined,
  );
  const misuse = (text: string) => new MakegoodError('INVALID_INPUT', text);
  if (file !== undefined && count !== undefined)
    throw misuse('--file and --count are two sources of briefs. Give one.');
  if (mix !== undefined && count === undefined) throw misuse('--mix goes with --count.');
  if (account === undefined && file === undefined) throw misuse('--account is missing.');
  if (file === undefined && count === undefined) {
    if (to === undefined) throw misuse('--to is missing: give --to and --goal, or --file, or --count.');
    if (goal === undefined) throw misuse('--goal is missing: what is the email to achieve?');
    return 'one';
  }
  const [first] = ofOne;
  if (first) throw misuse(`--${first[0]} does not go with ${file === undefined ? '--count' : '--file'}.`);
  return 'many';
}

async function one(makegood: Makegood, options: Options, stop: AbortSignal, stopped: Promise<void>): Promise<void> {
  const { account = '', id = randomUUID(), to, goal, tone, language, context, sender, json } = options;
  const given = Object.entries({ to, goal, tone, language, context, sender }).filter(
    ([, value]) => value !== undefined,
  );
  const request = { account, id, kind: 'email-draft', input: Object.fromEntries(given) as EmailBrief } as const;
  orderOf(makegood.context, request); // What is wrong with it shows before any server is asked.
  await reachLedger(makegood.context);
  await reachTemporal(makegood.context);
  await makegood.balance(account); // Throws UNKNOWN_ACCOUNT, before a workflow would be started.
  const fate = await generateOne(
    {
      makegood,
      stop,
      stopped,
      onAway: (error) => note(error.message),
      onPending: () => note('No worker has taken it yet. It runs when one comes: makegood worker'),
    },
    request,
  );
  const tally = new Tally();
  if (fate.is === 'ended') {
    const { end } = fate;
    tally.ended(end);
    if (json) printJson(await rowOf(makegood, end));
    else {
      print(`${account} ${id}: ${endLine(end)}`);
      if (end.status === 'succeeded') print(`\n${draftText(end.draft)}`);
    }
  } else if (fate.is === 'under way') {
    tally.underWay++;
    note(`${id} goes on in Temporal. See: makegood show ${id} --account ${account}`);
  } else {
    tally.notStarted++;
    note('not started');
  }
  if (tally.exitCode !== 0) throw new Exit(tally.exitCode);
}

async function many(makegood: Makegood, options: Options, stop: AbortSignal, stopped: Promise<void>): Promise<void> {
  const { account, file, count = 0, mix = parseMix('ok'), concurrency, json = false } = options;
  const lines = file === undefined ? numbered(mixedBriefs(mix, count, account ?? '')) : [...readBriefs(file, account)];
  await reachLedger(makegood.context);
  await reachTemporal(makegood.context);
  if (account !== undefined) await makegood.balance(account);
  // Rows and a bar on one terminal would overwrite each other.
  const progress = showProgress(Array.isArray(lines) ? lines.length : count, !(json && process.stdout.isTTY));
  const tally = await generateMany(lines, { makegood, stop, stopped, concurrency, progress, json });
  progress.stop();
  if (stop.aborted) note('stopped');
  for (const line of tally.lines()) (json ? note : print)(line);
  if (tally.exitCode !== 0) throw new Exit(tally.exitCode);
}

function* numbered(requests: Iterable<Extract<Line, { request: unknown }>['request']>): Generator<Line> {
  let number = 0;
  for (const request of requests) yield { number: ++number, request };
}
