import type { Pool } from 'pg';
import { audit, recordAudit } from '../../ledger/audit';
import { checks } from '../../ledger/audit/checks';
import { grant } from '../../ledger/credits';
import type { Database } from '../../ledger/database';
import type { AccountId } from '../../ledger/ids';
import { callerOf, newAccountId } from './fixture';
import { ownDatabase } from './own-database';
import { POISONS } from './poisons';

// Each check of the audit is shown to see the fault it is for. The database is the file's own, because an audit looks
// at all accounts, and what the database itself forbids is taken out of it first.

let db: Database;
let operator: Database;
let owner: Pool;
beforeAll(async () => {
  ({ db, operator, owner } = await ownDatabase());
});

/** An account with a charged generation `paid`, a refunded one `back` and an open one `open`: entries 1 to 6. */
async function soundAccount(): Promise<AccountId> {
  const account = newAccountId();
  await grant(operator, account, 10, 'first', null);
  for (const generation of ['paid', 'back', 'open']) await callerOf(account, { generation, db }).reserve();
  await callerOf(account, { generation: 'paid', db }).settle();
  await callerOf(account, { generation: 'back', db }).refund();
  return account;
}

const CHECK_OF_SUMS = 'balance is the sum of entries';
const auditOf = async (account: AccountId) =>
  (await audit(db)).discrepancies.filter((discrepancy) => discrepancy.account === account);

test('GIVEN a sound ledger under load WHEN it is audited again and again THEN it finds nothing, and tells what it saw', async () => {
  await soundAccount();
  let busy = true;
  const load = Promise.all(
    Array.from({ length: 4 }, async () => {
      while (busy) await soundAccount();
    }),
  );
  for (let round = 0; round < 10; round++) expect((await audit(db)).discrepancies).toEqual([]);
  busy = false;
  await load;

  const { checked, unknown } = await audit(db);
  expect(checked.map(({ name }) => name)).toEqual(checks(1).map(({ name }) => name));
  expect(Math.min(...checked.map(({ rows }) => rows))).toBeGreaterThan(0);
  expect(unknown).toEqual(['Temporal was not asked about the workflows.']);
});

test('GIVEN credits held for longer than the limit WHEN audited THEN they are reported', async () => {
  const account = await soundAccount();
  await owner.query(`UPDATE reservation SET reserved_at = now() - interval '2 hours' WHERE account_id = $1`, [account]);
  const { discrepancies } = await audit(db, { heldTooLongMs: 3_600_000 });
  expect(discrepancies).toEqual([
    {
      check: 'held too long',
      account,
      generation: 'open',
      message: expect.stringContaining('3 credits are held since'),
    },
  ]);
  expect((await audit(db, { heldTooLongMs: 3 * 3_600_000 })).discrepancies).toEqual([]);
});

describe('GIVEN what the database forbids is taken out of it', () => {
  beforeAll(async () => {
    const { rows } = await owner.query<{ drop: string }>(
      `SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS drop FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace AND contype = 'c'
       UNION ALL SELECT format('DROP INDEX %s', indexrelid::regclass) FROM pg_index
        WHERE indexrelid::regclass::text IN ('reservation_one_active', 'ledger_entry_one_terminal')`,
    );
    for (const { drop } of rows) await owner.query(drop);
  });

  test.each(POISONS)(
    'WHEN a row is poisoned THEN the audit says so: $check',
    async ({ check, by, names, also = [] }) => {
      const account = await soundAccount();
      expect(await auditOf(account)).toEqual([]);
      // As replica: neither triggers nor foreign keys.
      await owner.query(
        `BEGIN; SET LOCAL session_replication_role = replica; ${by.replaceAll('$account', `'${account}'`)}; COMMIT`,
      );

      const { discrepancies } = await audit(db);
      const ours = discrepancies.filter((discrepancy) => discrepancy.account?.startsWith(account));
      expect(ours).toContainEqual({
        check,
        account: expect.stringContaining(account),
        ...names,
        message: expect.any(String),
      });
      for (const other of also) expect(ours.map((discrepancy) => discrepancy.check)).toContain(other);
    },
  );

  test('THEN no check is without such a test', () => {
    expect(
      checks(1)
        .map(({ name }) => name)
        .filter((name) => !POISONS.some(({ check }) => check === name)),
    ).toEqual([]);
  });

  test('WHEN the ledger is too large for one look THEN each account is looked at once all the same', async () => {
    // Five accounts that say they have enough entries for several slices.
    await owner.query(
      `INSERT INTO account (id, balance, last_seq) SELECT 'large-' || n, 5, 60000 FROM generate_series(1, 5) AS n`,
    );
    const { checked, discrepancies } = await audit(db);
    const sums = discrepancies.filter(({ check, account }) => check === CHECK_OF_SUMS && account?.startsWith('large-'));
    expect(sums.map(({ account }) => account)).toEqual([1, 2, 3, 4, 5].map((n) => `large-${n}`));
    const { rows } = await owner.query('SELECT count(*)::int AS rows FROM account');
    expect(checked).toContainEqual({ name: CHECK_OF_SUMS, rows: rows[0].rows });
  });

  test('WHEN there are more faults than anybody reads THEN some are named and the others counted', async () => {
    await owner.query(`INSERT INTO account (id, balance) SELECT 'many-' || n, 5 FROM generate_series(1, 350) AS n`);
    const { discrepancies } = await audit(db);
    const sums = discrepancies.filter(({ check }) => check === CHECK_OF_SUMS);
    expect(sums).toHaveLength(101);
    expect(sums.at(-1)?.message).toMatch(/^and 25\d more$/);
  });
});

test('GIVEN reports WHEN they are written down THEN the table has them, and keeps the latest thousand', async () => {
  const report = { checked: [{ name: 'a', rows: 1 }], discrepancies: [{ check: 'a', message: 'b' }], unknown: ['c'] };
  await recordAudit(db, report);
  const last = await owner.query('SELECT checked, discrepancies, unknown FROM audit_run ORDER BY id DESC LIMIT 1');
  expect(last.rows).toEqual([report]);

  await owner.query(`SELECT record_audit('[]', '[]', '[]') FROM generate_series(1, 1500)`);
  const { rows } = await owner.query('SELECT count(*)::int AS kept FROM audit_run');
  expect(rows).toEqual([{ kept: 1000 }]);
});
