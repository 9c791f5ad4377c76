import type { Command } from 'commander';
import { migrate as applyMigrations } from '../../prisma/migrate';
import { postgresUrl } from '../../settings';
import { jsonOption } from '../arguments';
import { environment } from '../environment';
import { note, print, printJson } from '../output';

export function migrate(program: Command): void {
  program
    .command('migrate')
    .summary('bring the database to the newest migration')
    .description(
      'Applies the missing migrations to the database of MAKEGOOD_OWNER_DATABASE_URL (else DATABASE_URL), makes the role\n' +
        'that DATABASE_URL names where it is missing, and lets it read and move credits by the four functions alone.\n' +
        'Running it again changes nothing.',
    )
    .addOption(jsonOption('{"applied":[...]}'))
    .addHelpText(
      'after',
      '\nExample:\n  $ MAKEGOOD_OWNER_DATABASE_URL=postgresql://owner:…@db/app DATABASE_URL=postgresql://app:…@db/app makegood migrate',
    )
    .action(async ({ json }: { json?: true }) => {
      const env = environment();
      const appUrl = postgresUrl(env, 'DATABASE_URL');
      const ownerUrl = env.MAKEGOOD_OWNER_DATABASE_URL ? postgresUrl(env, 'MAKEGOOD_OWNER_DATABASE_URL') : appUrl;
      const { applied } = await applyMigrations({ ownerUrl, appUrl, report: json ? note : print });
      if (json) printJson({ applied });
    });
}
