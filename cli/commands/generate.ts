import { type Command, Option } from 'commander';
import { MakegoodError } from '../../errors';
import { type EmailBrief, emailDraft } from '../../kinds/email-draft';
import { type Attribution, said } from '../../ledger/attribution';
import { jsonOption, pair, whole } from '../arguments';
import { addBriefOptions, briefGiven, inputGiven } from '../generations/brief-options';
import { type ManyBriefs, manyBriefs } from '../generations/many-briefs';
import { type Mix, parseMix } from '../generations/mix';
import { type OneBrief, oneBrief } from '../generations/one-brief';
import { ROW_FIELDS } from '../generations/row';
import { withMakegood } from '../session';
import { listenForStop } from '../signals';

interface Options extends Partial<EmailBrief>, Attribution {
  readonly account?: string;
  readonly id?: string;
  readonly kind?: string;
  readonly input?: string;
  readonly file?: string;
  readonly count?: number;
  readonly mix?: Mix;
  readonly concurrency: number;
  readonly json?: boolean;
}

export function generate(program: Command): void {
  const command = program
    .command('generate')
    .summary('generate: one, a file of them, or many')
    .description(
      'Generates, and waits for the end: one brief, a file of briefs, or many for a test. Emails are drafted unless told otherwise.',
    )
    .option('-a, --account <account>', 'who pays; a brief in a file may name its own');
  addBriefOptions(command)
    .option('--kind <kind>', 'another kind of work, of makegood.config; with --input')
    .option('--input <json>', 'what is asked for, as the kind takes it; @file reads it from a file')
    .option('--id <id>', 'makes it idempotent: asked for again under the same id, it is made and charged once')
    .option('--user <user>', 'for whom it is, in your own words: usage is told apart by it')
    .option('--campaign <campaign>', 'and for what')
    .option('--metadata <key=value>', 'a pair of your own; several times for several', pair)
    .option(
      '--file <file>',
      'a JSON object a line: {"to","goal",…} or {"kind","input"} and, where it has its own, "id", "account", "user", "campaign" and "metadata"',
    )
    .option('--count <n>', 'that many briefs for the sandbox provider', whole(1, 1_000_000))
    .addOption(new Option('--mix <mix>', 'with --count: how the provider behaves, with weights').argParser(parseMix))
    .option('--concurrency <n>', 'how many at a time', whole(1, 1_000), 50)
    .addOption(jsonOption(`${ROW_FIELDS} for each as it ends, a line each`))
    .addHelpText('after', HELP)
    .action(async (options: Options) => {
      const stop = listenForStop();
      const briefs = briefsOf(options);
      await withMakegood((makegood) =>
        'input' in briefs ? oneBrief(makegood, briefs, stop) : manyBriefs(makegood, briefs, stop),
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
  $ makegood generate --account acme --kind summary --input '{"url":"https://example.com"}'
  $ makegood generate --account acme --file briefs.jsonl --json
  $ makegood generate --account acme --count 100 --mix ok=8,flaky-2=1,down=1`;

/** One source of briefs, and only options that go with it. Throws INVALID_INPUT. */
function briefsOf(options: Options): OneBrief | ManyBriefs {
  const { account, id, file, count, mix, concurrency, json = false, user, campaign, metadata } = options;
  const attribution = said({ user, campaign, metadata });
  if (file !== undefined && count !== undefined)
    throw misuse('--file and --count are two sources of briefs. Give one.');
  if (mix !== undefined && count === undefined) throw misuse('--mix goes with --count.');
  if (account === undefined && file === undefined) throw misuse('--account is missing.');
  const input = briefGiven(options);
  if (file === undefined && count === undefined) {
    const { kind = emailDraft.kind } = options;
    const [field] = Object.keys(input);
    if (options.input !== undefined) {
      if (field) throw misuse(`--${field} does not go with --input.`);
      return { account: account ?? '', id, kind, input: inputGiven(options.input), attribution, json };
    }
    if (kind !== emailDraft.kind) throw misuse(`--input is missing: what is a ${kind} to be made of?`);
    if (!input.to) throw misuse('--to is missing: give --to and --goal, or --file, or --count.');
    if (!input.goal) throw misuse('--goal is missing: what is the email to achieve?');
    return { account: account ?? '', id, kind, input, attribution, json };
  }
  const single = Object.entries({ id, kind: options.kind, input: options.input });
  const given = single.filter(([, value]) => value !== undefined);
  const [alien] = Object.keys({ ...input, ...attribution, ...Object.fromEntries(given) });
  if (alien) throw misuse(`--${alien} does not go with ${file === undefined ? '--count' : '--file'}.`);
  if (file !== undefined) return { from: 'file', file, account, concurrency, json };
  return { from: 'mix', mix: mix ?? parseMix('ok'), count: count ?? 0, account: account ?? '', concurrency, json };
}

const misuse = (text: string) => new MakegoodError('INVALID_INPUT', text);
