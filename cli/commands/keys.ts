import type { Command } from 'commander';
import { createKey, listKeys, revokeKey, SCOPES } from '../../server/api-keys';
import { jsonOption } from '../arguments';
import { note, plainLine, print, printJson } from '../output';
import { withMakegood } from '../session';

interface CreateOptions {
  readonly scope: string;
  readonly json?: true;
}

/** The keys of the HTTP API. */
export function keys(program: Command): void {
  const group = program
    .command('keys')
    .summary('the keys of the HTTP API')
    .description('Keys of the HTTP API.')
    .addHelpText('after', '\nExample:\n  $ makegood keys create backend --scope write');

  group
    .command('create')
    .summary('make a key')
    .description('Makes a key and shows it this once: only its hash is stored.')
    .argument('<name>', 'who uses it: shown in the list')
    .requiredOption('--scope <scopes>', `one or more of ${SCOPES.join(',')}; each includes those before it`)
    .addOption(jsonOption('{"id","key"}'))
    .addHelpText('after', '\nExample:\n  $ makegood keys create backend --scope write')
    .action(async (name: string, { scope, json }: CreateOptions) => {
      const scopes = scope.split(',').map((word) => word.trim());
      const created = await withMakegood(({ context }) => createKey(context.operator, { name, scopes }));
      if (json) return printJson(created);
      note(`Key ${created.id}. Store it now: it is not shown again.`);
      print(created.key);
    });

  group
    .command('list')
    .summary('list the keys')
    .description('Lists every key ever made, newest first. The keys themselves are not stored.')
    .addOption(jsonOption('[{"id","name","scopes","createdAt","revokedAt"}]'))
    .addHelpText('after', '\nExample:\n  $ makegood keys list')
    .action(async ({ json }: { json?: true }) => {
      const found = await withMakegood(({ context }) => listKeys(context.operator));
      if (json) return printJson(found);
      for (const { id, name, scopes, createdAt, revokedAt } of found) {
        const state = revokedAt ? `revoked ${revokedAt.toISOString()}` : `created ${createdAt.toISOString()}`;
        print(`${id}  ${scopes.join(',').padEnd(16)}  ${state}  ${plainLine(name)}`);
      }
    });

  group
    .command('revoke')
    .summary('revoke a key')
    .description('Revokes a key: it is refused from now on. Doing so twice is harmless.')
    .argument('<id>', 'the id of the key: its part between mg_ and the next _')
    .addOption(jsonOption('{"id"}'))
    .addHelpText('after', '\nExample:\n  $ makegood keys revoke 0123456789abcdef')
    .action(async (id: string, { json }: { json?: true }) => {
      await withMakegood(({ context }) => revokeKey(context.operator, id));
      if (json) return printJson({ id });
      print(`Key ${plainLine(id)} is revoked.`);
    });
}
