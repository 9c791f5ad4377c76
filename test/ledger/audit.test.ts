import type { Pool } from 'pg';
import { audit, recordAudit } from '../../ledger/audit';
import { checks } from '../../ledger/audit/checks';
import { grant } from '../../ledger/credits';
import type { Database } from '../../ledger/database';
import type { AccountId } from '../../ledger/ids';
import { callerOf, newAccountId } from './fixture';
import { ownDatabase } from './own-database';

// Each check of the audit is shown to see the fault it is for. The database is the file's own, because an audit looks
// at all accounts, and what the database itself forbids is taken out of it first.

let db: Database;
let owner: Pool;
beforeAll(async () => {
  ({ db, owner } = await ownDatabase());
});

/** An account with a charged generation `paid`, a refunded one `back` and an open one `open`: entries 1 to 6. */
async function soundAccount(): Promise<AccountId> {
  const account = newAccountId();
  await grant(db, account, 10, 'first', null);
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

/** A fault, made by the owner; `$account` is the test's. */
interface Poison {
  readonly check: string;
  readonly by: string;
  /** What the audit names beside the check and the account. */
  readonly names: { generation?: string; seq?: number };
  /** Other checks that see the same fault. */
  readonly also?: readonly string[];
}

const entry = (columns: string) =>
  `INSERT INTO ledger_entry (account_id, seq, kind, balance_delta, held_delta, balance_after, reservation_id, generation_id,
                             grant_key, reason, message) SELECT $account, ${columns}`;
const account = (change: string) => `UPDATE account SET ${change} WHERE id = $account`;
const entryAt = (seq: number, change: string) =>
  `UPDATE ledger_entry SET ${change} WHERE account_id = $account AND seq = ${seq}`;
const reservation = (generation: string, change: string) =>
  `UPDATE reservation SET ${change} WHERE account_id = $account AND generation_id = '${generation}'`;
const generation = (id: string, change: string) =>
  `UPDATE generation SET ${change} WHERE account_id = $account AND id = '${id}'`;

// Entries of a sound account: 1 GRANT, 2 RESERVE paid, 3 RESERVE back, 4 RESERVE open, 5 SETTLE paid, 6 REFUND back.
const POISONS: readonly Poison[] = [
  { check: 'balance is the sum of entries', by: account('balance = balance + 1'), names: {} },
  {
    check: 'held is the sum of entries',
    by: account('held = held + 1'),
    names: {},
    also: ['held is the sum of open reservations'],
  },
  { check: 'last number is that of the last entry', by: account('last_seq = 9'), names: { seq: 6 } },
  {
    check: 'entries are numbered without gaps',
    by: `${entryAt(6, 'seq = 7')}; ${account('last_seq = 7')}`,
    names: { seq: 7, generation: 'back' },
  },
  {
    check: 'balances follow from one another',
    by: entryAt(6, 'balance_after = 99'),
    names: { seq: 6, generation: 'back' },
  },
  {
    check: 'changes of an entry fit its kind',
    by: `${entryAt(5, 'balance_delta = -1, balance_after = balance_after - 1')};
         ${entryAt(6, 'balance_after = balance_after - 1')}; ${account('balance = balance - 1')}`,
    names: { seq: 5, generation: 'paid' },
  },
  {
    check: 'entries have their account',
    by: 'DELETE FROM account WHERE id = $account',
    names: { seq: 1 },
    also: ['generations have their account'],
  },
  {
    check: 'entries have their reservation',
    by: entryAt(6, `generation_id = 'paid'`),
    names: { seq: 6, generation: 'paid' },
  },
  {
    check: 'held is the sum of open reservations',
    by: reservation('open', `amount = 4`),
    names: {},
    also: ['entries move what their reservation holds'],
  },
  {
    check: 'reservations have the entries of their state',
    by: `DELETE FROM ledger_entry WHERE account_id = $account AND seq = 6; ${account('last_seq = 5, balance = balance - 3, held = held + 3')}`,
    names: { seq: 3, generation: 'back' },
    also: ['held is the sum of open reservations'],
  },
  {
    check: 'reservations have the entries of their state',
    by: `${entry(`7, 'REFUND', 3, -3, 7, id, generation_id, NULL, 'X', 'x' FROM reservation WHERE account_id = $account AND generation_id = 'paid'`)};
         ${account('last_seq = 7, balance = balance + 3, held = held - 3')}`,
    names: { seq: 7, generation: 'paid' },
    also: ['refunds tell why', 'held is the sum of open reservations'],
  },
  {
    check: 'entries move what their reservation holds',
    by: `${entryAt(6, 'balance_delta = 4, held_delta = -4, balance_after = balance_after + 1')}; ${account('balance = balance + 1, held = held - 1')}`,
    names: { seq: 6, generation: 'back' },
    also: ['held is the sum of open reservations'],
  },
  { check: 'refunds tell why', by: entryAt(6, `reason = 'ANOTHER'`), names: { seq: 6, generation: 'back' } },
  { check: 'refunds tell why', by: entryAt(6, 'message = NULL'), names: { seq: 6, generation: 'back' } },
  {
    check: 'reservations have their generation',
    by: `DELETE FROM generation WHERE account_id = $account AND id = 'back'`,
    names: { generation: 'back' },
  },
  {
    check: 'generations have one active reservation at most',
    by: `INSERT INTO reservation (account_id, generation_id, ordinal, try_id, amount, state, namespace, closed_at)
         VALUES ($account, 'paid', 2, 't2', 0, 'SETTLED', 'n', now())`,
    names: { generation: 'paid' },
    also: ['reservations have the entries of their state'],
  },
  {
    check: 'reservations are numbered without gaps',
    by: reservation('back', 'ordinal = 2'),
    names: { generation: 'back' },
  },
  {
    check: 'generations stand where their newest reservation does',
    by: generation('back', `status = 'RESERVED'`),
    names: { generation: 'back' },
  },
  {
    check: 'drafts are stored exactly when charged',
    by: generation('paid', 'draft = NULL'),
    names: { generation: 'paid' },
  },
  {
    check: 'drafts are stored exactly when charged',
    by: generation('open', `draft = '{}'`),
    names: { generation: 'open' },
  },
  {
    check: 'generations have their account',
    by: `UPDATE generation SET account_id = account_id || '-lost' WHERE account_id = $account AND id = 'back';
         UPDATE generation SET account_id = $account || '-lost', id = 'other' WHERE account_id = $account || '-lost'`,
    names: { generation: 'other' },
    also: ['generations stand where their newest reservation does'],
  },
  {
    check: 'held too long',
    by: reservation('open', `reserved_at = now() - interval '11 minutes'`),
    names: { generation: 'open' },
  },
];

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

  await owner.query(`SELECT makegood_record_audit('[]', '[]', '[]') FROM generate_series(1, 1500)`);
  const { rows } = await owner.query('SELECT count(*)::int AS kept FROM audit_run');
  expect(rows).toEqual([{ kept: 1000 }]);
});
