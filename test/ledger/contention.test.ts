import { endOf } from '../../client/progress';
import { grant } from '../../ledger/credits';
import { readGeneration } from '../../ledger/generations';
import type { AccountId, GenerationId } from '../../ledger/ids';
import { callerOf, fundedAccount, newAccountId, openLedger } from '../harness/ledger';
import { ownDatabase } from '../harness/own-database';

// What several do to one account, or one generation, at once.

test('GIVEN an account that somebody keeps locked THEN it is given up soon, and leaves the connection to the others', async () => {
  const { owner, operator: db } = await ownDatabase();
  const [locked, other] = [newAccountId(), newAccountId()];
  for (const account of [locked, other]) await grant(db, account, 1, 'first', null);

  const holder = await owner.connect();
  try {
    await holder.query('BEGIN');
    await holder.query('SELECT FROM account WHERE id = $1 FOR UPDATE', [locked]);
    const refused = expect(grant(db, locked, 1, 'second', null)).rejects.toMatchObject({
      code: 'POSTGRES_UNREACHABLE',
      message: expect.stringContaining('has locked this account'),
    });
    await grant(db, other, 1, 'second', null);
    await refused;
    const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    expect((await holder.query(waiting)).rowCount).toBe(0);
  } finally {
    await holder.query('ROLLBACK');
    holder.release();
  }
  await grant(db, locked, 1, 'second', null);
});

test('GIVEN a generation that is retried and refunded all the time THEN no look at it finds half of a step', async () => {
  const db = openLedger();
  const account = await fundedAccount(100);
  const generation = 'g1' as GenerationId;
  let over = false;
  const retries = async () => {
    for (let after = 0; after < 200; after++) {
      const caller = callerOf(account, { execution: `t${after}`, run: `t${after}`, after, price: 1 });
      await caller.reserve();
      await caller.refund('CANCELLED');
    }
    over = true;
  };
  const looks = async () => {
    while (!over) {
      const record = await readGeneration(db, account as AccountId, generation);
      const end = record && endOf(record);
      if (end) expect(end).toMatchObject({ status: 'cancelled', refunded: end.charged });
    }
  };
  await Promise.all([retries(), looks(), looks()]);
});
