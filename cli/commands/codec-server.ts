import type { Command } from 'commander';
import { portSetting } from '../../dev/ports';
import { jsonOption, whole } from '../arguments';
import { environment } from '../environment';
import { note, print, printJson } from '../output';
import { listenForStop } from '../signals';

interface Options {
  readonly port?: number;
  readonly json?: true;
}

/** TCP's highest port. */
const MAX_PORT = 65_535;

export function codecServer(program: Command): void {
  program
    .command('codec-server')
    .summary("decode encrypted payloads for Temporal's Web UI")
    .description(
      "Decodes payloads that MAKEGOOD_ENCRYPTION_KEYS has encrypted, for Temporal's Web UI and command line, until SIGTERM\n" +
        'or Ctrl-C. Whoever may ask it reads briefs and drafts: it listens on this machine alone unless told otherwise.',
    )
    .option('--port <port>', 'where to listen; else MAKEGOOD_CODEC_SERVER_PORT, else a free port', whole(1, MAX_PORT))
    .addOption(jsonOption('{"url"} once it listens'))
    .addHelpText('after', HELP)
    .action(async ({ port, json }: Options) => {
      const stop = listenForStop();
      const env = environment();
      // Loaded when it is needed: every other command would wait for it.
      const { startCodecServer } = await import('../../server/codec-server.js');
      const asked = port ?? portSetting(env, 'MAKEGOOD_CODEC_SERVER_PORT')?.port;
      const running = await startCodecServer({ env, ...(asked === undefined ? {} : { port: asked }) });
      if (json) printJson({ url: running.url });
      else {
        print(`codec server ready at ${running.url}`);
        note(`Temporal's Web UI asks for it by the glasses at its top right: ${running.url}`);
      }
      await stop.asked;
      await running.stop();
    });
}

const HELP = `
MAKEGOOD_CODEC_SERVER_ORIGIN  whose pages may ask; else the origin of TEMPORAL_UI_URL
MAKEGOOD_CODEC_SERVER_TOKEN   what requests must bring as \`Authorization: Bearer …\`; can be left out on loopback alone
MAKEGOOD_CODEC_SERVER_HOST    where to listen, if not on loopback

Example:
  $ MAKEGOOD_ENCRYPTION_KEYS=… TEMPORAL_UI_URL=http://127.0.0.1:8233 makegood codec-server --port 8888`;
