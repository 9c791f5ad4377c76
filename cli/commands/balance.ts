import type { Command } from 'commander';
import { jsonOption } from '../arguments';
import { credits, print, printJson } from '../output';
import { withMakegood } from '../session';

export function balance(program: Command): void {
  program
    .command('balance')
    .summary('what an account can spend, and what is held')
    .description('Shows what an account can spend, and what is held for work under way.')
    .argument('<account>', 'the account, by its id')
    .addOption(jsonOption('{"account","balance","held"}'))
    .addHelpText('after', '\nExample:\n  $ makegood balance acme')
    .action(async (account: string, { json }: { json?: true }) => {
      const found = await withMakegood((makegood) => makegood.balance(account));
      if (json) return printJson(found);
      print(`${found.account} has ${credits(found.balance)}, and ${found.held} held for work under way.`);
    });
}
