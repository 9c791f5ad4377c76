import fc from 'fast-check';
import { type FeedEntry, readFeed } from '../../ledger/feed';
import type { AccountId } from '../../ledger/ids';
import { readStatement } from '../../ledger/statement';
import { readUsage } from '../../ledger/usage';
import { ownerSql } from '../harness';
import { type Caller, callerOf, fundedAccount, ledger } from '../harness/ledger';

const lines = (entries: readonly FeedEntry[]) =>
  entries.map(({ kind, amount, held, balance }) => `${kind} ${amount} of ${held} = ${balance}`);

test('GIVEN work that cost less than was held THEN one charge of what it cost, and no second line', async () => {
  const account = await fundedAccount(1_000);
  const caller = callerOf(account, { price: 120 });
  await caller.reserve();
  expect(lines((await readFeed(ledger(), account)).entries)[0]).toBe('RESERVE -120 of 120 = 880');
  await caller.settle(undefined, 14);
  expect(lines((await readFeed(ledger(), account)).entries)).toEqual([
    'RESERVE -14 of 120 = 986',
    'GRANT 1000 of 0 = 1000',
  ]);
  expect(await readStatement(ledger(), account)).toMatchObject({
    granted: 1_000,
    charged: 14,
    refunded: 0,
    closing: 986,
  });
  // The ledger itself has both movements, and each says what the charge came to.
  const { entries } = await readUsage(ledger(), account);
  expect(entries.slice(0, 2)).toMatchObject([
    { kind: 'SETTLE', amount: 106, held: -120, cost: 14 },
    { kind: 'RESERVE', amount: -120, held: 120, cost: 14 },
  ]);
});

test('GIVEN work that cost nothing in the end THEN a charge of 0, of what had been held', async () => {
  const account = await fundedAccount(10);
  await callerOf(account).reserve();
  await callerOf(account).settle(undefined, 0);
  expect(lines((await readFeed(ledger(), account)).entries)[0]).toBe('RESERVE 0 of 3 = 10');
});

/** Line by line, the balance is the one before and the change. */
function expectToAddUp(entries: readonly FeedEntry[], opening: number): void {
  let balance = opening;
  for (const entry of [...entries].reverse()) {
    balance += entry.amount;
    expect([entry.seq, entry.balance]).toEqual([entry.seq, balance]);
  }
}

async function all(account: AccountId, limit: number): Promise<FeedEntry[]> {
  const entries: FeedEntry[] = [];
  for (let cursor: number | null | undefined; cursor !== null; ) {
    const page = await readFeed(ledger(), account, { limit, ...(cursor ? { cursor } : {}) });
    entries.push(...page.entries);
    cursor = page.next;
  }
  return entries;
}

test('GIVEN charges that overlap in any order THEN the feed adds up line by line, on every page and in every period', async () => {
  const step = fc.record({ of: fc.nat(5), cost: fc.nat(7), refund: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 6, maxLength: 24 }),
      fc.integer({ min: 1, max: 4 }),
      async (steps, limit) => {
        const account = await fundedAccount(1_000);
        const open = new Map<number, Caller>();
        for (const [index, { of, cost, refund }] of steps.entries()) {
          const caller = open.get(of);
          if (caller) {
            open.delete(of);
            if (refund) await caller.refund();
            else await caller.settle(undefined, cost);
          } else {
            const opened = callerOf(account, { generation: `g${index}`, price: 7, run: `r${index}` });
            open.set(of, opened);
            await opened.reserve();
          }
        }
        const entries = await all(account, limit);
        expectToAddUp(entries, 0);
        const whole = await readStatement(ledger(), account);
        expect(whole).toMatchObject({ opening: 0, closing: entries[0]?.balance, balance: entries[0]?.balance });

        // Cut in two at any moment: the first part closes where the second opens, and no sum is negative.
        const moments = await spread(account);
        for (const moment of moments) {
          const [before, after] = [
            await readStatement(ledger(), account, { to: moment }),
            await readStatement(ledger(), account, { from: moment }),
          ];
          for (const { opening, granted, refunded, charged, closing } of [before, after]) {
            expect(opening + granted + refunded - charged).toBe(closing);
            expect(Math.min(opening, granted, refunded, charged, closing)).toBeGreaterThanOrEqual(0);
          }
          expect(before.closing).toBe(after.opening);
          expect(before.charged + after.charged).toBe(whole.charged);
          expectToAddUp((await readFeed(ledger(), account, { from: moment, limit: 1_000 })).entries, after.opening);
        }
      },
    ),
    { numRuns: 12 },
  );
});

/** Gives each entry a moment of its own, and answers some of them. Only the owner of a database of our own can. */
async function spread(account: AccountId): Promise<Date[]> {
  const client = await ownerSql().connect();
  try {
    await client.query('BEGIN');
    await client.query('SET LOCAL session_replication_role = replica');
    await client.query(
      `UPDATE ledger_entry SET at = '2020-01-01Z'::timestamptz + seq * interval '1 hour' WHERE account_id = $1`,
      [account],
    );
    const { rows } = await client.query<{ at: Date }>(
      'SELECT at FROM ledger_entry WHERE account_id = $1 AND seq % 3 = 0',
      [account],
    );
    await client.query('COMMIT');
    return rows.map(({ at }) => at);
  } finally {
    client.release();
  }
}
