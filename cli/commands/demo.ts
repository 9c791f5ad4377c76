import type { Command } from 'commander';
import { openMakegood } from '../../client/makegood';
import { createKey } from '../../server/api-keys';
import { playScenes } from '../demo/play';
import { ACCOUNT } from '../demo/scenes';
import { EXIT, Exit } from '../errors';
import { withLocalStack } from '../local-stack';
import { paint, print } from '../output';
import { listenForStop } from '../signals';
import { needWorkerPeers } from '../start-worker';
import { startServer } from './server';

export function demo(program: Command): void {
  program
    .command('demo')
    .summary('see it work, from success to refund')
    .description(
      'Starts everything on this machine, runs the briefs of examples/briefs.jsonl through every way a generation can\n' +
        'end, and shows the statement and the proof that it adds up. Touches nothing real: whatever is configured, it\n' +
        'uses a Postgres, a Temporal and a provider of its own. Exits with 0 if every scene ended as it should.',
    )
    .option('--once', 'exit when the scenes are over; otherwise, on a terminal, it stays up for you to look around')
    .addHelpText('after', '\nExample:\n  $ makegood demo --once')
    .action(async ({ once }: { once?: true }) => {
      needWorkerPeers('makegood demo', {}, 'server', 'postgres');
      const stop = listenForStop();
      let right = false;
      const report = (line: string) => print(paint('dim', line));
      await withLocalStack({ env: nothingReal(process.env), config: {}, dataDir: undefined, report }, async (local) => {
        const told = playScenes(local, (line) => stop.signal.aborted || print(line));
        told.catch(() => {}); // Nobody listens any more when Ctrl-C came first.
        const answer = await Promise.race([told, stop.asked]);
        if (answer === undefined) return;
        right = answer;
        if (once || !process.stdout.isTTY) return;
        const http = await startServer(local.serverEnv, {});
        try {
          print('Look around from this folder. Ctrl-C ends it.');
          print(`  ${local.stack.urls.temporal}   Temporal's Web UI`);
          print(
            `  ${await pageOf(local.env, http.url)}   Billing → Usage, as ${ACCOUNT} sees it (a link for one visit)`,
          );
          print(`  npx makegood usage ${ACCOUNT}`);
          print(`  npx makegood show apology-harbor --account ${ACCOUNT}`);
          await stop.asked;
        } finally {
          await http.stop();
        }
      });
      if (!right) throw new Exit(EXIT.failed);
    });
}

/** A link to the usage page of the scenes' account, asked for as a product's backend does. */
async function pageOf(env: NodeJS.ProcessEnv, url: string): Promise<string> {
  const makegood = openMakegood({ env });
  try {
    const { key } = await createKey(makegood.context.operator, { name: 'demo', scopes: ['write'] });
    const answer = await fetch(`${url}/v1/usage-sessions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ account: ACCOUNT }),
    });
    if (!answer.ok) throw new Error(`The API refused a link to the usage page: ${answer.status}`);
    return ((await answer.json()) as { url: string }).url;
  } finally {
    await makegood.close();
  }
}

/** The scenes play on the sandbox provider, and touch nobody's money. */
function nothingReal(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const real =
    /^(DATABASE_URL|MAKEGOOD_((OWNER|OPERATOR)_DATABASE_URL|SCHEMA|TASK_QUEUE|PUBLIC_URL|SESSION_SECRET|CONFIG)|PORT|(TEMPORAL|OPENAI)_\w+)$/;
  const others = Object.entries(env).filter(([name]) => !real.test(name) || name === 'TEMPORAL_CLI_PATH');
  return { MAKEGOOD_LOG_LEVEL: 'error', ...Object.fromEntries(others) };
}
