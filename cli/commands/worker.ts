import type { Command } from 'commander';
import { readConfig } from '../config';
import { environment } from '../environment';
import { print } from '../output';
import { listenForStop } from '../signals';
import { needWorkerPeers, startWorker } from '../start-worker';

export function worker(program: Command): void {
  program
    .command('worker')
    .summary('run a worker')
    .description(
      'Runs a worker until SIGTERM or Ctrl-C, on which it finishes or hands back its work. Any number may run.\n' +
        'Prints "worker ready" on stdout when it is; logs go to stderr.',
    )
    .addHelpText('after', '\nExample:\n  $ DATABASE_URL=… TEMPORAL_ADDRESS=… OPENAI_API_KEY=… makegood worker')
    .action(async () => {
      const stop = listenForStop();
      const env = environment();
      const config = await readConfig(env);
      needWorkerPeers('makegood worker', config);
      const running = await startWorker(env, config);
      print('worker ready');
      await Promise.race([running.done, stop.asked]);
      await running.stop();
    });
}
