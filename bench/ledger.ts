import { randomUUID } from 'node:crypto';
import { grant, reserve, settle } from '../ledger/credits';
import { openDatabase } from '../ledger/database';
import { AccountId, type ExecutionId, GenerationId, type RunId } from '../ledger/ids';
import { together } from './measure';

/** As many as there are connections in a worker's pool. */
const IN_FLIGHT = 20;

/** Pairs of reserve and settle a second, spread over so many accounts. */
export async function ledgerPairs(databaseUrl: string, accounts: number, pairs: number): Promise<number> {
  const db = openDatabase(databaseUrl, IN_FLIGHT);
  const ids = Array.from({ length: accounts }, () => AccountId.parse(`bench-${randomUUID()}`));
  for (const id of ids) await grant(db, id, pairs, randomUUID(), null);
  const { elapsed } = await together(pairs, IN_FLIGHT, async (index) => {
    const run = randomUUID();
    const generationRun = {
      account: ids[index % accounts] as AccountId,
      generation: GenerationId.parse(run),
      execution: run as ExecutionId,
      run: run as RunId,
    };
    const label = 'bench';
    await reserve(db, generationRun, {
      price: 1,
      kind: label,
      label,
      inputHash: label,
      workflowId: run,
      namespace: label,
    });
    await settle(db, generationRun, { subject: 'a', body: 'b' });
  });
  await db.$disconnect();
  return pairs / (elapsed / 1000);
}
