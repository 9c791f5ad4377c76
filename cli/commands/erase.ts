import type { Command } from 'commander';
import { jsonOption } from '../arguments';
import { confirm } from '../confirm';
import { count, note, print, printJson } from '../output';
import { reachLedger, reachTemporal } from '../preflight';
import { withMakegood } from '../session';

interface Options {
  readonly pseudonymise?: boolean;
  readonly yes?: true;
  readonly json?: true;
}

export function erase(program: Command): void {
  program
    .command('erase')
    .summary('erase the personal data of a generation, or of a whole account')
    .description(
      'Erases outputs, labels, messages and workflow histories for good: those of one generation, or of an account and\n' +
        'all of its generations. Amounts, kinds and times stay, and still add up. Cancel what is under way first. Running it\n' +
        'again finishes an erasure that was interrupted.',
    )
    .argument('<account>', 'the account, by its id')
    .argument('[generation]', 'the generation, by its id; without one, the whole account')
    .option('--pseudonymise', 'also replace the ids, which may hold personal data, with random ones')
    .option('--yes', 'do not ask for confirmation')
    .addOption(jsonOption('{"account","generation","generations","histories"}'))
    .addHelpText('after', '\nExamples:\n  $ makegood erase acme welcome-ada\n  $ makegood erase acme --pseudonymise')
    .action((account: string, generation: string | undefined, { pseudonymise = false, yes, json }: Options) =>
      withMakegood(async (makegood) => {
        await reachLedger(makegood.context);
        await reachTemporal(makegood.context);
        if (!yes) {
          note(
            generation ? `This erases ${generation} of ${account}.` : `This erases ${account}, and closes it for good.`,
          );
          if (pseudonymise) note('Its id is replaced: it can no longer be found by the old one.');
          const word = generation ?? account;
          await confirm(word, `This can't be undone. To go on, type ${word}: `, 'Nothing was erased.');
        }
        const erased = await makegood.erase({ account, ...(generation ? { generation } : {}), pseudonymise });
        if (json) return printJson(erased);
        const of = erased.generation ? `${erased.account} ${erased.generation}` : erased.account;
        print(
          `Erased: ${of}, ${count(erased.generations, 'generation')}. Temporal deletes its histories: ${erased.histories}.`,
        );
      }),
    );
}
