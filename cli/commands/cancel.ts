import type { Command } from 'commander';
import { accountOption, jsonOption } from '../arguments';
import { follow } from '../generations/follow';
import { ROW_FIELDS } from '../generations/row';
import { print, printJson } from '../output';
import { reachTemporal } from '../preflight';
import { withMakegood } from '../session';

interface Options {
  readonly account: string;
  readonly wait: boolean;
  readonly json?: boolean;
}

export function cancel(program: Command): void {
  program
    .command('cancel')
    .summary('stop a generation and give its credits back')
    .description(
      'Asks a generation to stop and waits until it has ended: its credits come back, unless its draft came first.\n' +
        'A generation that has ended stays as it is.',
    )
    .argument('<id>', 'the generation, by its id')
    .addOption(accountOption())
    .option('--no-wait', 'ask and do not wait')
    .addOption(jsonOption(`${ROW_FIELDS}; with --no-wait {"account","id","status":"cancelling"}`))
    .addHelpText('after', '\nExample:\n  $ makegood cancel welcome-ada --account acme')
    .action(async (id: string, { account, wait, json = false }: Options) => {
      await withMakegood(async (makegood) => {
        await reachTemporal(makegood.context);
        await makegood.cancel(account, id);
        if (wait) return follow(makegood, account, id, json);
        if (json) return printJson({ account, id, status: 'cancelling' });
        print(`${account} ${id} has been asked to stop.`);
      });
    });
}
