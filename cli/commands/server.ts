import type { Command } from 'commander';
import { openMakegood } from '../../client/makegood';
import type { MakegoodConfig } from '../../config';
import { portSetting } from '../../dev/ports';
import { needPeers } from '../../peers';
import { jsonOption, whole } from '../arguments';
import { readConfig } from '../config';
import { environment } from '../environment';
import { print, printJson } from '../output';
import { listenForStop } from '../signals';

type Env = Readonly<Record<string, string | undefined>>;

interface Options {
  readonly port?: number;
  readonly json?: true;
}

/** TCP's highest port. */
const MAX_PORT = 65_535;

export function server(program: Command): void {
  program
    .command('server')
    .summary('run the HTTP API and the usage page')
    .description(
      'Serves the HTTP API and the Billing → Usage page until SIGTERM or Ctrl-C, which lets open requests finish.\n' +
        'Reads need only Postgres. Generations also need Temporal and a worker.',
    )
    .option('--port <port>', 'where to listen; default: PORT, or a free port', whole(1, MAX_PORT))
    .addOption(jsonOption('{"url"} once it listens'))
    .addHelpText('after', '\nExample:\n  $ DATABASE_URL=… TEMPORAL_ADDRESS=… makegood server --port 8080')
    .action(async ({ port, json }: Options) => {
      needPeers('makegood server', 'server');
      const stop = listenForStop();
      const env = environment();
      const running = await startServer(env, await readConfig(env), port);
      if (json) printJson({ url: running.url });
      else print(`server ready at ${running.url}`);
      await stop.asked;
      await running.stop();
    });
}

/** The server of `env` and the configuration's kinds, on `port`, else on PORT, else on a free one. Throws INVALID_SETTING, PORT_TAKEN. */
export async function startServer(
  env: Env,
  config: MakegoodConfig,
  port = portSetting(env, 'PORT')?.port,
): Promise<{ url: string; stop(): Promise<void> }> {
  // Loaded when it is needed: every other command would wait for it.
  const http = await import('../../server/index.js');
  const themed = config.theme === undefined ? env : { MAKEGOOD_THEME_CSS: config.theme, ...env };
  const makegood = openMakegood({ ...config, env });
  try {
    const { url, stop } = await http.startServer({ env: themed, makegood, ...(port === undefined ? {} : { port }) });
    return { url, stop: () => stop().finally(() => makegood.close()) };
  } catch (error) {
    await makegood.close();
    throw error;
  }
}
