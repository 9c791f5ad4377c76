import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { startPostgres } from '../dev/postgres';
import { watch } from '../dev/reaper';
import { migrate } from '../prisma/migrate';
import { inOurSchema } from '../prisma/schema-name';
import { BUDGETS } from './budgets';
import { Ledger } from './ledger';
import { explore } from './search';

/** `npm run explore [-- NAME…]`: every order of what may go wrong, against the real functions. Exit code 1: a promise is broken. */
async function main(names: readonly string[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'makegood-explore-'));
  // Also when this is killed, nothing stays behind.
  const release = watch({ path: folder });
  const postgres = await startPostgres({ dataDir: folder });
  const owner = new Client(inOurSchema(postgres.ownerUrl));
  try {
    await migrate({ ownerUrl: postgres.ownerUrl, grants: [], report: () => {} });
    await owner.connect();
    const ledger = await Ledger.open(owner);
    for (const [name, budget] of Object.entries(BUDGETS)) {
      if (names.length > 0 && !names.includes(name)) continue;
      const begun = performance.now();
      const { states, broken } = await explore(ledger, budget);
      const seconds = ((performance.now() - begun) / 1000).toFixed(1);
      const found = broken ? `BROKEN: ${broken.promise}` : 'every promise kept';
      console.log(`${name}: ${states} states, ${ledger.carriedOut} calls of the functions, ${seconds} s: ${found}`);
      for (const step of broken?.trace ?? []) console.log(`  ${step}`);
      if (broken) process.exitCode = 1;
    }
  } finally {
    await owner.end();
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
    release();
  }
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
