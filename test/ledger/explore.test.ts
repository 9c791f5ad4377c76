import type { PoolClient } from 'pg';
import { NOTHING } from '../../explore/budgets';
import { Ledger } from '../../explore/ledger';
import { explore } from '../../explore/search';
import type { Budget } from '../../explore/world';
import { onClose } from '../harness';
import { ownDatabase } from '../harness/own-database';
import { BATCH_MUTATIONS, MUTATIONS, type Mutation } from './mutations';

// Every order of what may go wrong, within bounds, against the real SQL functions; `npm run explore` goes further. That
// each fault of a function is seen shows that a promise is not kept by looking away.

let owner: PoolClient;
beforeAll(async () => {
  owner = await (await ownDatabase()).owner.connect();
  onClose(async () => owner.release());
});

const SMALL: readonly Partial<Budget>[] = [
  { resets: 1, terminates: 1, retries: 1, sweeps: 1 },
  { resets: 1, repeats: 1, sweeps: 1, deletions: 1 },
  { credits: 1, resets: 1, cancels: 1, spends: 1, retries: 1 },
];

test.each(SMALL)('GIVEN %j WHEN it happens in every order THEN every promise is kept', async (small) => {
  const { states, broken } = await explore(await Ledger.open(owner), { ...NOTHING, ...small });
  expect(broken).toBeUndefined();
  // Or it has looked at next to nothing.
  expect(states).toBeGreaterThan(1_000);
});

/** Runs `act` while the function has the fault. */
async function withFault<T>({ of, from, to }: Mutation, act: () => Promise<T>): Promise<T> {
  const { rows } = await owner.query<{ source: string }>('SELECT pg_get_functiondef($1::regproc) AS source', [of]);
  const source = rows[0]?.source as string;
  const mutated = source.replace(from, () => to);
  expect(mutated).not.toBe(source);
  await owner.query(mutated);
  try {
    return await act();
  } finally {
    await owner.query(source);
  }
}

test.each(MUTATIONS)('GIVEN the fault "$name" WHEN the explorer looks THEN a promise is broken', async (mutation) => {
  const budget = { ...NOTHING, ...mutation.takes };
  const { broken } = await withFault(mutation, async () => explore(await Ledger.open(owner, false), budget));
  expect(broken).toBeDefined();
});

test.each(BATCH_MUTATIONS)(
  'GIVEN the fault "$name" WHEN the explorer looks THEN it differs from the single function',
  async (mutation) => {
    const looking = withFault(mutation, async () =>
      explore(await Ledger.open(owner), { ...NOTHING, ...mutation.takes }),
    );
    await expect(looking).rejects.toThrow('move differs');
  },
);
