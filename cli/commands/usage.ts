import type { Command } from 'commander';
import { jsonOption, whole } from '../arguments';
import { note, print, printJson } from '../output';
import { withMakegood } from '../session';
import { statement } from '../statement';

interface Options {
  readonly limit: number;
  readonly cursor?: number;
  readonly json?: true;
}

export function usage(program: Command): void {
  program
    .command('usage')
    .summary("an account's statement")
    .description(
      "Shows an account's statement, newest first: every movement of its credits, with the balance after it.",
    )
    .argument('<account>', 'the account, by its id')
    .option('--limit <n>', 'how many entries at most', whole(1, 1_000), 50)
    .option('--cursor <cursor>', 'goes on where the page before ended; that page has told it', whole(1))
    .addOption(
      jsonOption(
        'a JSON object for each entry, a line each: {"seq","at","kind","amount","held","balance","generation","label","reason","message"}. ' +
          '`amount` and `held` are the signed changes, `balance` the balance after',
      ),
    )
    .addHelpText(
      'after',
      '\nWhere there are older entries, stderr tells the cursor.\n\nExample:\n  $ makegood usage acme --limit 20',
    )
    .action(async (account: string, { limit, cursor, json }: Options) => {
      const page = await withMakegood((makegood) =>
        makegood.usage(account, { limit, ...(cursor === undefined ? {} : { cursor }) }),
      );
      if (json) for (const entry of page.entries) printJson(entry);
      else for (const line of statement(page.entries)) print(line);
      if (page.next !== null) note(`older entries: --cursor ${page.next}`);
    });
}
