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

export function retry(program: Command): void {
  program
    .command('retry')
    .summary('try a refunded generation again')
    .description('Tries a refunded generation again, which charges again, and waits for its end.')
    .argument('<id>', 'the generation, by its id')
    .addOption(accountOption())
    .option('--no-wait', 'only start it')
    .addOption(jsonOption(`${ROW_FIELDS}; with --no-wait {"account","id","status":"held"|"pending",…}`))
    .addHelpText('after', '\nExample:\n  $ makegood retry welcome-ada --account acme')
    .action(async (id: string, { account, wait, json = false }: Options) => {
      await withMakegood(async (makegood) => {
        await reachTemporal(makegood.context);
        const started = await makegood.retry(account, id);
        if (wait) return follow(makegood, account, id, json);
        if (json) return printJson({ account, id, ...started });
        print(`${account} ${id}: ${started.status}`);
      });
    });
}
