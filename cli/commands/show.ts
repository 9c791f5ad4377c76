import type { Command } from 'commander';
import { accountOption, jsonOption } from '../arguments';
import { described as describedJson, describedLines } from '../generations/described';
import { print, printJson } from '../output';
import { withMakegood } from '../session';

export function show(program: Command): void {
  program
    .command('show')
    .summary('everything known about a generation')
    .description(
      'Shows a generation: its status and draft, each failed attempt with its reason, what was reserved, settled and\n' +
        'refunded for it, and where its workflow is in Temporal.',
    )
    .argument('<id>', 'the generation, by its id')
    .addOption(accountOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  $ makegood show welcome-ada --account acme')
    .action(async (id: string, { account, json }: { account: string; json?: true }) => {
      const found = await withMakegood((makegood) => makegood.describe(account, id));
      if (json) return printJson(describedJson(found));
      for (const line of describedLines(found)) print(line);
    });
}
