import type { Command } from 'commander';
import type { EmailBrief } from '../../kinds/email-draft';
import { accountOption, jsonOption, whole } from '../arguments';
import { addBriefOptions, briefGiven } from '../generations/brief-options';
import { follow } from '../generations/follow';
import { ROW_FIELDS } from '../generations/row';
import { print, printJson } from '../output';
import { reachTemporal } from '../preflight';
import { withMakegood } from '../session';

interface Options extends Partial<EmailBrief> {
  readonly account: string;
  readonly after?: number;
  readonly key?: string;
  readonly wait: boolean;
  readonly json?: boolean;
}

export function retry(program: Command): void {
  const command = program
    .command('retry')
    .summary('try a refunded generation again')
    .description('Tries a refunded generation again, which charges again, and waits until it has ended.')
    .argument('<id>', 'the generation, by its id')
    .addOption(accountOption())
    .option(
      '--after <n>',
      'the refund to retry after, by its number in `makegood show`; the same number twice retries once',
      whole(1),
    )
    .option('--key <key>', 'or an idempotency key of this generation; the same key twice retries once')
    .option('--no-wait', 'only start it');
  addBriefOptions(command)
    .addOption(jsonOption(`${ROW_FIELDS}; with --no-wait {"account","id","status":"held"|"pending",…}`))
    .addHelpText('after', HELP)
    .action(async (id: string, { account, after, key, wait, json = false, ...options }: Options) => {
      const brief = briefGiven(options);
      const input = Object.keys(brief).length === 0 ? undefined : brief;
      await withMakegood(async (makegood) => {
        await reachTemporal(makegood.context);
        const started = await makegood.retry(account, id, { after, key, input });
        if (wait) return follow(makegood, account, id, json);
        if (json) return printJson({ account, id, ...started });
        print(`${account} ${id}: ${started.status}`);
      });
    });
}

const HELP = `
Without --after or --key it retries after the newest refund, so asking twice may pay twice: once for each refund.
The brief is needed only if Temporal no longer has it, and must be the same as before.

Examples:
  $ makegood retry welcome-ada --account acme
  $ makegood retry welcome-ada --account acme --after 1`;
