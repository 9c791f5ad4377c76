import { type Command, InvalidArgumentError, Option } from 'commander';
import { type GenerationFilter, LISTED_STATUSES, type ListedGeneration } from '../../ledger/generation-list';
import { jsonOption, pair, whole } from '../arguments';
import { endLine } from '../generations/row';
import { credits, note, paint, plainLine, print, printJson } from '../output';
import { withMakegood } from '../session';

export function list(program: Command): void {
  program
    .command('list')
    .summary("an account's generations")
    .description('Lists the generations of an account that have held credits, newest first.')
    .argument('<account>', 'the account, by its id')
    .addOption(new Option('--status <status>', 'only what has come to this').choices(LISTED_STATUSES))
    .option('--kind <kind>', 'only of this kind of work')
    .option('--user <user>', 'only those that were asked for this user')
    .option('--campaign <campaign>', 'only those of this campaign')
    .option('--metadata <key=value>', 'only those with this pair; several times for several', pair)
    .option('--from <moment>', 'first held from this moment on, like 2026-11-01 or 2026-11-01T09:00:00Z', moment)
    .option('--to <moment>', 'first held before this moment', moment)
    .option('--limit <n>', 'how many at most', whole(1, 1_000), 50)
    .option('--cursor <cursor>', 'goes on where the page before ended; that page has told it', whole(1))
    .addOption(jsonOption('a JSON object for each, a line each'))
    .addHelpText(
      'after',
      '\nWhere there are older ones, stderr tells the cursor.\n\nExample:\n  $ makegood list acme --status refunded --user ada',
    )
    .action(async (account: string, { json, ...filter }: GenerationFilter & { json?: true }) => {
      const { generations, next } = await withMakegood((makegood) => makegood.generations(account, filter));
      for (const generation of generations) json ? printJson(generation) : print(line(generation));
      if (next !== null) note(`older generations: --cursor ${next}`);
    });
}

function moment(text: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) throw new InvalidArgumentError('It must be a moment, like 2026-11-01T09:00:00Z.');
  return date;
}

function line({ createdAt, id, label, status, user, campaign, charged, reason, message, ...rest }: ListedGeneration) {
  const about = [label ?? 'erased', ...(user ? [`user ${user}`] : []), ...(campaign ? [`campaign ${campaign}`] : [])];
  const what = status === 'held' ? `${paint(['bold', 'cyan'], status)} · ${credits(charged)}` : ended();
  return `${paint('dim', createdAt.toISOString().slice(0, 19).replace('T', ' '))}  ${plainLine(`${id} · ${about.join(' · ')}`)} · ${what}`;

  function ended() {
    const sums = { ...rest, id, charged, attempts: 0 };
    if (status === 'succeeded') return endLine({ ...sums, status, output: null });
    return endLine({ ...sums, status: status as 'refunded', reason: reason ?? '', message: message ?? '' });
  }
}
