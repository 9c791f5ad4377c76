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
      'Erases outputs, labels, messages and workflow histories, for good: of one generation, or of an account with all of\n' +
        'them. Amounts, kinds and moments stay, and still add up. What is under way has to be cancelled first. Running it\n' +
        'again finishes what was interrupted.',
    )
    .argument('<account>', 'the account, by its id')
    .argument('[generation]', 'the generation, by its id; without it the whole account')
    .option('--pseudonymise', 'the ids hold personal data: replace them, too, by random ones')
    .option('--yes', 'do not ask for a confirmation')
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
          if (pseudonymise) note('Its id is replaced: nobody can find it by that any more.');
          const word = generation ?? account;
          await confirm(word, `What is erased can't be brought back. To go on, type ${word}: `, 'Nothing was erased.');
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
