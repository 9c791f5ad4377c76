import type { Command } from 'commander';
import { jsonOption } from '../arguments';
import { readConfig } from '../config';
import { loadDotEnv } from '../environment';
import { withLocalStack } from '../local-stack';
import { note, paint, print, printJson } from '../output';
import { listenForStop } from '../signals';
import { needWorkerPeers } from '../start-worker';
import { startServer } from './server';

interface Options {
  readonly data?: string;
  readonly json?: true;
}

export function dev(program: Command): void {
  program
    .command('dev')
    .summary('the whole stack on this machine')
    .description(
      'Starts Postgres, Temporal with its Web UI, a sandbox provider, a worker and the HTTP API, and stays up until Ctrl-C.\n' +
        'Other commands run from the same folder find it by themselves.',
    )
    .option('--data <dir>', 'keep the data across restarts; without it the data is deleted at the end')
    .addOption(jsonOption('{"ready":true,"env":{…},"urls":{…}} once it is ready'))
    .addHelpText('after', HELP)
    .action(async ({ data, json }: Options) => {
      const stop = listenForStop();
      loadDotEnv();
      const config = await readConfig(process.env);
      const postgres = process.env.DATABASE_URL ? [] : (['postgres'] as const);
      needWorkerPeers('makegood dev', config, 'server', ...postgres);
      const report = json ? note : print;
      // Failed attempts are the sandbox's daily business: only what is wrong with the worker itself is logged.
      const env = { MAKEGOOD_LOG_LEVEL: 'error', ...process.env };
      await withLocalStack({ env, config, dataDir: data, report }, async (local) => {
        if (stop.signal.aborted) return;
        const worker = await local.startWorker();
        const http = await startServer(local.serverEnv, config);
        try {
          const urls = { ...local.stack.urls, api: http.url };
          if (json) printJson({ ready: true, env: made(local.stack.env), urls });
          else for (const line of welcome(urls)) print(line);
          await Promise.race([worker.done, stop.asked]);
          report('stopping');
        } finally {
          await http.stop();
        }
      });
    });
}

const HELP = `
Where its variable is set, in the environment or in .env, a real one is used instead:
  Postgres   DATABASE_URL, with MAKEGOOD_OWNER_DATABASE_URL for migrations, MAKEGOOD_OPERATOR_DATABASE_URL for grants and
             keys, and MAKEGOOD_SCHEMA
  Temporal   TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, … or a profile
  Provider   OPENAI_API_KEY, with OPENAI_BASE_URL and OPENAI_MODEL
Where MAKEGOOD_ENCRYPTION_KEYS is set, payloads are encrypted, and a codec server decodes them for Temporal's Web UI.
Free ports are used unless set by MAKEGOOD_PG_PORT, MAKEGOOD_TEMPORAL_PORT, MAKEGOOD_TEMPORAL_UI_PORT,
MAKEGOOD_SANDBOX_PORT and PORT (the HTTP API).

Example:
  $ makegood dev --data .makegood`;

/** What was started here. What the user has configured is a secret of theirs, and no news. */
function made(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name, value]) => process.env[name] !== value));
}

const NAMES = {
  postgres: 'Postgres',
  temporal: 'Temporal Web UI',
  codec: 'Codec server',
  sandbox: 'Sandbox provider',
  api: 'HTTP API',
} as const;

function welcome(urls: { readonly [Part in keyof typeof NAMES]?: string }): string[] {
  return [
    '',
    `${paint(['bold', 'green'], 'Ready.')} Other commands find it from this folder. Ctrl-C ends it.`,
    ...Object.entries(urls).map(([part, url]) => `  ${NAMES[part as keyof typeof NAMES].padEnd(17)} ${url}`),
    '',
    'Try:',
    '  npx makegood grant acme 10',
    '  npx makegood generate --account acme --to ada@example.com --goal "Ask for a call next week"',
    '  npx makegood generate --account acme --to down@sandbox.test --goal "See the credits come back"',
    '  npx makegood usage acme',
    '  npx makegood keys create backend --scope admin',
  ];
}
