import type { Command } from 'commander';
import { tellStories } from '../demo/tell';
import { EXIT, Exit } from '../errors';
import { withLocalStack } from '../local-stack';
import { paint, print } from '../output';
import { listenForStop } from '../signals';

export function demo(program: Command): void {
  program
    .command('demo')
    .summary('see it work, from success to refund')
    .description(
      'Starts everything on this machine, runs the briefs of examples/briefs.jsonl through every way a generation can\n' +
        'end, and shows the statement and the proof that it adds up. Touches nothing real: whatever is configured, it\n' +
        'uses a Postgres, a Temporal and a provider of its own. Exits with 0 if every story ended as it should.',
    )
    .option('--once', 'ends when all is told; else it stays up on a terminal, to look around')
    .addHelpText('after', '\nExample:\n  $ makegood demo --once')
    .action(async ({ once }: { once?: true }) => {
      const stop = listenForStop();
      let right = false;
      const report = (line: string) => print(paint('dim', line));
      await withLocalStack({ env: nothingReal(process.env), dataDir: undefined, report }, async (local) => {
        const told = tellStories(local, (line) => stop.signal.aborted || print(line));
        told.catch(() => {}); // Nobody listens any more when Ctrl-C came first.
        const answer = await Promise.race([told, stop.asked]);
        if (answer === undefined) return;
        right = answer;
        if (once || !process.stdout.isTTY) return;
        print('Look around, from this folder. Ctrl-C ends it.');
        print(`  ${local.stack.urls.temporal}   Temporal's Web UI`);
        print('  npx makegood usage acme');
        print('  npx makegood show apology-harbor --account acme');
        await stop.asked;
      });
      if (!right) throw new Exit(EXIT.failed);
    });
}

/** The stories are told by the sandbox provider, and nobody's money is played with. */
function nothingReal(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const real = /^(DATABASE_URL|MAKEGOOD_OWNER_DATABASE_URL|MAKEGOOD_TASK_QUEUE|(TEMPORAL|OPENAI)_\w+)$/;
  const others = Object.entries(env).filter(([name]) => !real.test(name) || name === 'TEMPORAL_CLI_PATH');
  return { MAKEGOOD_LOG_LEVEL: 'error', ...Object.fromEntries(others) };
}
