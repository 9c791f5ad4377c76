import type { Command } from 'commander';
import { MAX_AMOUNT } from '../../ledger/amounts';
import { jsonOption, whole } from '../arguments';
import { print, printJson } from '../output';
import { withMakegood } from '../session';
import { signed } from '../statement';

interface Options {
  readonly key: string;
  readonly reason: string;
  readonly json?: true;
}

export function adjust(program: Command): void {
  program
    .command('adjust')
    .summary("correct an account's balance by hand")
    .description('Corrects a balance, up or down, never below zero. What is held for work under way stays held.')
    .argument('<account>', 'the account, by its id')
    .argument('<credits>', 'by how many: a whole number, negative to take off', whole(-MAX_AMOUNT, MAX_AMOUNT))
    .requiredOption('--key <key>', 'makes it idempotent: the same key twice adjusts once')
    .requiredOption('--reason <text>', 'what the customer reads in the statement')
    .addOption(jsonOption('{"account","adjusted","balance","held"}'))
    .addHelpText('after', '\nExample:\n  $ makegood adjust acme -5 --key ticket-77 --reason "Granted twice by mistake"')
    .action(async (account: string, credits: number, { key, reason, json }: Options) => {
      const adjusted = await withMakegood((makegood) => makegood.adjust({ account, credits, key, reason }));
      if (json) return printJson(adjusted);
      print(`${account} has been adjusted by ${signed(credits)}. The balance is ${adjusted.balance}.`);
    });
}
