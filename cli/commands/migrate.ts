import type { Command } from 'commander';
import { drop } from '../../prisma/drop';
import { defaultGrants, parseGrant } from '../../prisma/grants';
import { migrate as applyMigrations } from '../../prisma/migrate';
import { schemaOf } from '../../prisma/schema-name';
import { postgresUrl, retentionDays } from '../../settings';
import { jsonOption } from '../arguments';
import { confirm } from '../confirm';
import { environment } from '../environment';
import { note, print, printJson } from '../output';

interface Options {
  readonly grant: readonly string[];
  readonly drop?: true;
  readonly yes?: true;
  readonly json?: true;
}

export function migrate(program: Command): void {
  program
    .command('migrate')
    .summary('bring the database to the newest migration')
    .description(
      'Applies missing migrations to the database of MAKEGOOD_OWNER_DATABASE_URL (or DATABASE_URL), all in a schema of\n' +
        'its own (makegood, or MAKEGOOD_SCHEMA), and gives logins their roles: worker moves credits, server reads for the\n' +
        'HTTP API and for backends, operator grants credits and makes keys, auditor reads everything. Missing logins are\n' +
        'created. Without --grant, the login of DATABASE_URL gets all of them, unless it has some already.\n' +
        'Running it again changes nothing.',
    )
    .option(
      '--grant <login=roles>',
      'give a login, by its name or URL, exactly these roles; may be repeated',
      (value: string, before: readonly string[]) => [...before, value],
      [],
    )
    .option('--drop', 'remove everything of Makegood from the database, and nothing else')
    .option('--yes', 'with --drop: do not ask for confirmation')
    .addOption(jsonOption('{"applied":[…]}, or {"dropped":"SCHEMA"}'))
    .addHelpText('after', HELP)
    .action(async (options: Options) => {
      const env = environment();
      const report = options.json ? note : print;
      const setting = env.MAKEGOOD_OWNER_DATABASE_URL ? 'MAKEGOOD_OWNER_DATABASE_URL' : 'DATABASE_URL';
      const ownerUrl = postgresUrl(env, setting);
      if (options.drop) {
        const schema = schemaOf(ownerUrl);
        const question = `All accounts, entries and outputs will be lost for good. To drop them, type ${schema}: `;
        if (!options.yes) await confirm(schema, question, 'Nothing was dropped.');
        await drop(ownerUrl, report);
        if (options.json) printJson({ dropped: schema });
        return;
      }
      const named = options.grant.map((text) => parseGrant(text, env));
      const grants = named.length > 0 ? named : defaultGrants(env);
      const { applied } = await applyMigrations({ ownerUrl, grants, retentionDays: retentionDays(env), report });
      if (options.json) printJson({ applied });
    });
}

const HELP = `
A new login gets the password in its URL: in --grant, in DATABASE_URL, or in MAKEGOOD_OPERATOR_DATABASE_URL.

Examples:
  $ MAKEGOOD_OWNER_DATABASE_URL=postgresql://owner:…@db/app DATABASE_URL=postgresql://app:…@db/app makegood migrate
  $ makegood migrate --grant "$WORKER_URL=worker" --grant "$SERVER_URL=server" --grant "$OPERATOR_URL=operator"`;
