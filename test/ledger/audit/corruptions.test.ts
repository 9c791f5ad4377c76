import { type AuditOptions, audit } from '../../../ledger/audit';
import { HEADS } from '../../../ledger/audit/account-checks';
import { MEMBERS } from '../../../ledger/audit/rights';
import { registerNamespace } from '../../../ledger/credits';
import type { AccountId } from '../../../ledger/ids';
import { TEST_NAMESPACE } from '../../harness/ledger';
import { type OwnDatabase, ownDatabase } from '../../harness/own-database';
import { CORRUPTIONS } from './corruptions';
import { GUARDS } from './guards';
import { corrupt, soundAccount } from './sound-account';

// Each check of the audit is shown to see what it is for, and to say nothing of a sound ledger. The databases are the
// file's own, because an audit looks at all accounts.

async function ownLedger(): Promise<OwnDatabase> {
  const own = await ownDatabase();
  await registerNamespace(own.db, TEST_NAMESPACE);
  return own;
}

test('GIVEN a sound ledger under load WHEN it is audited again and again THEN it finds nothing, and tells what it saw', async () => {
  const own = await ownLedger();
  await soundAccount(own);
  let busy = true;
  const load = Promise.all(
    Array.from({ length: 4 }, async () => {
      while (busy) await soundAccount(own);
    }),
  );
  const from = { auditor: 'under load' };
  let { anchor } = await audit(own.db, { from });
  for (let round = 0; round < 10; round++) {
    const report = await audit(own.db, { from: { ...from, anchor }, full: round % 5 === 4 });
    expect(report.discrepancies).toEqual([]);
    anchor = report.anchor;
  }
  busy = false;
  await load;

  const { checked, unknown } = await audit(own.db, { from: { ...from, anchor }, full: true });
  const idle = checked.filter(({ rows }) => rows === 0).map(({ name }) => name);
  // A sound ledger has none of these.
  expect(idle).toEqual(['rules', 'policies'].map((what) => `${what} are as the migrations made them`));
  expect(unknown).toEqual(['Temporal was not asked about the workflows.']);
});

describe('GIVEN what the database forbids is taken out of it', () => {
  let own: OwnDatabase;
  beforeAll(async () => {
    own = await ownLedger();
    const { rows } = await own.owner.query<{ drop: string }>(
      `SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS drop FROM pg_constraint
        WHERE connamespace = current_schema()::regnamespace AND contype = 'c' AND conrelid <> 0
       UNION ALL SELECT format('ALTER DOMAIN %s DROP CONSTRAINT %I', contypid::regtype, conname) FROM pg_constraint
        WHERE connamespace = current_schema()::regnamespace AND contypid <> 0 AND contype = 'c'
       UNION ALL SELECT format('DROP INDEX %s', indexrelid::regclass) FROM pg_index
        WHERE indexrelid::regclass::text IN ('reservation_one_active', 'ledger_entry_idempotency_key')`,
    );
    for (const { drop } of rows) await own.owner.query(drop);
  });
  const auditOf = async (account: AccountId, options: AuditOptions = {}) =>
    (await audit(own.db, options)).discrepancies.filter((found) => found.account?.startsWith(account));

  test.each(CORRUPTIONS)('WHEN $what THEN the audit says so', async ({ check, by, names = {}, also = [] }) => {
    const account = await soundAccount(own);
    expect(await auditOf(account)).toEqual([]);
    await corrupt(own.owner, account, by);

    const found = await auditOf(account);
    expect(found).toContainEqual({
      name: expect.stringMatching(/^[0-9a-f]{12}$/),
      check,
      account: expect.stringContaining(account),
      ...names,
      message: expect.any(String),
    });
    for (const other of also) expect(found.map((one) => one.check)).toContain(other);
  });

  test('THEN no check is without such a test', async () => {
    const { checked } = await audit(own.db);
    const guards = GUARDS.map(({ check }) => check);
    const shown = [...CORRUPTIONS.flatMap(({ check, also = [] }) => [check, ...also]), ...guards, HEADS, MEMBERS];
    expect(checked.map(({ name }) => name).filter((name) => !shown.includes(name))).toEqual([]);
  });

  test('WHEN there are more faults than anybody reads THEN some are named and the others counted', async () => {
    await own.owner.query(
      `INSERT INTO account (id, balance, genesis, head) SELECT 'many-' || n, 5, sha256('x'), sha256('x') FROM generate_series(1, 350) AS n`,
    );
    const { discrepancies } = await audit(own.db);
    const sums = discrepancies.filter(({ check }) => check === 'balance is the sum of entries');
    expect(sums).toHaveLength(101);
    expect(sums.at(-1)?.message).toMatch(/^and 25\d more$/);
  });
});
