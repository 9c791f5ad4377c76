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
    .option('--limit <n>', 'at most this many entries', whole(1, 1_000), 50)
    .option('--cursor <cursor>', 'continue where the previous page ended; that page printed it', whole(1))
    .addOption(
      jsonOption(
        'one JSON object per line and entry: {"seq","at","kind","amount","held","balance","generation","label","reason","message"}. ' +
          '`amount` and `held` are the signed changes, `balance` the balance after',
      ),
    )
    .addHelpText(
      'after',
      '\nIf there are older entries, the cursor is printed on stderr.\n\nExample:\n  $ makegood usage acme --limit 20',
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
