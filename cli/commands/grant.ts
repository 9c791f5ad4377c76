import type { Command } from 'commander';
import { jsonOption, whole } from '../arguments';
import { credits as inCredits, print, printJson } from '../output';
import { withMakegood } from '../session';

interface Options {
  readonly key?: string;
  readonly reason?: string;
  readonly json?: true;
}

export function grant(program: Command): void {
  program
    .command('grant')
    .summary('give an account credits')
    .description('Gives an account credits. The first grant creates the account.')
    .argument('<account>', 'the account, by its id')
    .argument('<credits>', 'how many: a whole number of 1 or more', whole(1))
    .option('--key <key>', 'makes it idempotent: the same key twice grants once')
    .option('--reason <text>', 'what the customer reads in the statement')
    .addOption(jsonOption('{"account","granted","balance","held"}'))
    .addHelpText('after', '\nExample:\n  $ makegood grant acme 100 --key invoice-2041 --reason "Invoice 2041"')
    .action(async (account: string, credits: number, { key, reason, json }: Options) => {
      const granted = await withMakegood((makegood) =>
        makegood.grant({
          account,
          credits,
          ...(key === undefined ? {} : { key }),
          ...(reason === undefined ? {} : { reason }),
        }),
      );
      if (json) return printJson(granted);
      print(`${account} has been granted ${inCredits(credits)}. The balance is ${granted.balance}.`);
    });
}
