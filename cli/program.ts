import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { PACKAGE_ROOT } from '../package-root';
import { adjust } from './commands/adjust';
import { audit } from './commands/audit';
import { balance } from './commands/balance';
import { cancel } from './commands/cancel';
import { codecServer } from './commands/codec-server';
import { demo } from './commands/demo';
import { dev } from './commands/dev';
import { erase } from './commands/erase';
import { generate } from './commands/generate';
import { grant } from './commands/grant';
import { keys } from './commands/keys';
import { list } from './commands/list';
import { migrate } from './commands/migrate';
import { retry } from './commands/retry';
import { server } from './commands/server';
import { show } from './commands/show';
import { sweep } from './commands/sweep';
import { usage } from './commands/usage';
import { worker } from './commands/worker';

const { version } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as { version: string };

/** Every command there is. Each file of `commands/` adds its own. */
export function buildProgram(): Command {
  const program = new Command('makegood')
    .description('AI work that customers pay for only when it is delivered.')
    .version(version)
    .exitOverride() // Thrown instead, so that every error takes the one way through `run.ts`. Commands inherit it.
    .configureOutput({ outputError: () => {} })
    .showHelpAfterError(false);
  for (const add of [
    dev,
    demo,
    worker,
    server,
    codecServer,
    migrate,
    keys,
    grant,
    adjust,
    generate,
    show,
    list,
    cancel,
    retry,
    balance,
    usage,
    erase,
    audit,
    sweep,
  ])
    add(program);
  return program;
}
