import { randomUUID } from 'node:crypto';
import { type Anchor, acknowledge, audit, latestAudits, Marks, recordAudit } from '../../../ledger/audit';
import { HEADS } from '../../../ledger/audit/account-checks';
import { registerNamespace } from '../../../ledger/credits';
import { callerOf, TEST_NAMESPACE } from '../../harness/ledger';
import { type OwnDatabase, ownDatabase } from '../../harness/own-database';
import { CORRUPTIONS } from './corruptions';
import { ERASED, FORGERIES } from './forgeries';
import { corrupt, grantedMore, soundAccount } from './sound-account';

// What an audit has seen binds the next: a past that was forged so well that nothing in the database tells of it, and
// faults that stay until they are gone or acknowledged.

let own: OwnDatabase;
beforeAll(async () => {
  own = await ownDatabase();
  await registerNamespace(own.db, TEST_NAMESPACE);
});

/** An auditor of the test's own, and what it has seen of all accounts. */
async function seenBefore() {
  const auditor = randomUUID();
  const { anchor } = await audit(own.db, { from: { auditor } });
  const again = (after: Anchor = anchor, full = false) => audit(own.db, { from: { auditor, anchor: after }, full });
  return { auditor, anchor, again };
}

describe.each(FORGERIES)('GIVEN $what', ({ by }) => {
  test('WHEN audited with what was seen before THEN the account is named, in each audit from then on', async () => {
    const account = await soundAccount(own);
    const { again, anchor } = await seenBefore();
    await corrupt(own.owner, account, by);
    // Nothing in the database itself tells of it.
    expect((await audit(own.db)).discrepancies).toEqual([]);

    const first = await again();
    const heads = { check: HEADS, account, seq: 6, message: expect.stringMatching(/forged|gone/) };
    expect(first.discrepancies).toEqual([{ ...heads, name: expect.any(String) }]);
    expect(first.anchor).toEqual(anchor);
    expect((await again(first.anchor)).discrepancies).toEqual(first.discrepancies);
    expect((await again(first.anchor, true)).discrepancies).toEqual(first.discrepancies);
  });

  test('WHEN the marks are forged as well THEN the audit says so all the same', async () => {
    const account = await soundAccount(own);
    const { again } = await seenBefore();
    await corrupt(own.owner, account, by);
    await own.owner.query(
      `UPDATE audit_mark SET seq = last_seq, head = account.head, balance = account.balance, held = account.held
         FROM account WHERE id = account_id AND id = $1`,
      [account],
    );
    await own.owner.query(
      `UPDATE audit_mark_pending SET seq = last_seq, head = account.head, balance = account.balance, held = account.held
         FROM account WHERE id = account_id AND id = $1`,
      [account],
    );
    const { discrepancies } = await again();
    expect(discrepancies).toMatchObject([{ check: HEADS, message: expect.stringContaining('the marks were changed') }]);
  });
});

test('GIVEN an account that was erased with all that was its own WHEN audited THEN it is named', async () => {
  const account = await soundAccount(own);
  const { again } = await seenBefore();
  await corrupt(own.owner, account, ERASED);
  expect((await audit(own.db)).discrepancies).toEqual([]);
  expect((await again()).discrepancies).toMatchObject([
    { check: HEADS, account, message: 'it had 6 entries, and is gone' },
  ]);
});

test('GIVEN an account that was erased with its marks WHEN audited THEN the audit says that one is missing', async () => {
  const account = await soundAccount(own);
  const { again } = await seenBefore();
  await corrupt(own.owner, account, `${ERASED}; DELETE FROM audit_mark_pending WHERE account_id = $account`);
  expect((await again()).discrepancies).toMatchObject([
    { check: HEADS, message: expect.stringContaining('the marks were changed') },
  ]);
});

test('GIVEN new entries WHEN audited from what was seen THEN only these are looked at, and their faults are seen', async () => {
  const account = await soundAccount(own);
  const { again } = await seenBefore();
  await callerOf(account, { generation: 'open', db: own.db }).settle();
  const { checked, discrepancies, anchor } = await again();
  expect(discrepancies).toEqual([]);
  expect(checked).toContainEqual({ name: 'entries are numbered without gaps', rows: 1 });
  expect(checked).toContainEqual({ name: 'reservations fit their state', rows: 1 });

  await callerOf(account, { generation: 'next', price: 1, db: own.db }).reserve();
  await corrupt(
    own.owner,
    account,
    `UPDATE ledger_entry SET balance_after = 1000 WHERE account_id = $account AND seq = 8`,
  );
  const later = await again(anchor);
  expect(later.discrepancies.map(({ seq }) => seq)).toEqual([8, 8]);
  await corrupt(
    own.owner,
    account,
    `UPDATE ledger_entry SET balance_after = 3 WHERE account_id = $account AND seq = 8`,
  );
  expect((await again(anchor)).discrepancies).toEqual([]);
});

test('GIVEN an audit that died before it told WHEN the next goes on from the one before THEN nothing is wrong', async () => {
  const account = await soundAccount(own);
  const { again, anchor } = await seenBefore();
  await callerOf(account, { generation: 'open', db: own.db }).settle();
  await again(anchor); // Its answer is lost.
  const { discrepancies, anchor: next } = await again(anchor);
  expect(discrepancies).toEqual([]);
  expect((await again(next)).discrepancies).toEqual([]);
  // Asked again with what is confirmed already.
  expect((await again(next)).discrepancies).toEqual([]);
});

test('GIVEN an account that is erased, and gets a pseudonym, WHEN audited THEN it is the same account, and the rest still proves', async () => {
  const account = await soundAccount(own);
  await callerOf(account, { generation: 'open', db: own.db }).settle();
  const { again, anchor } = await seenBefore();
  await own.owner.query('SELECT erase_generations($1, $2)', [account, ['paid', 'back', 'open']]);
  await own.owner.query('SELECT erase_account($1, 0, 1000)', [account]);
  expect((await again(anchor, true)).discrepancies).toEqual([]);
  await own.owner.query('SELECT pseudonymise_generations($1, $2)', [account, ['paid', 'back', 'open']]);
  const { rows } = await own.owner.query('SELECT pseudonymise_account($1) AS id', [account]);
  expect(rows[0].id).not.toBe(account);
  expect((await again(anchor, true)).discrepancies).toEqual([]);
  expect((await again(anchor)).discrepancies).toEqual([]);

  await corrupt(
    own.owner,
    rows[0].id,
    `UPDATE ledger_entry SET hash = sha256('x') WHERE account_id = $account AND seq = 7`,
  );
  expect((await again(anchor)).discrepancies).toContainEqual(
    expect.objectContaining({ check: HEADS, account: rows[0].id }),
  );
  await corrupt(own.owner, rows[0].id, ERASED);
});

test('GIVEN an old output was replaced WHEN a full audit has found it THEN those that look at what is new find it as well, until it is back', async () => {
  const account = await soundAccount(own);
  const { auditor, again } = await seenBefore();
  const set = (subject: string) =>
    corrupt(
      own.owner,
      account,
      `UPDATE generation SET output = '{"subject": "${subject}"}' WHERE account_id = $account AND id = 'paid'`,
    );
  await set('Forged');
  const { anchor, ...failed } = await again(undefined, true);
  expect(failed.discrepancies).toMatchObject([{ account, generation: 'paid', seq: 5 }]);
  await recordAudit(own.db, auditor, failed);
  expect(await latestAudits(own.db)).toMatchObject({ discrepancies: 1 });

  const { anchor: next, ...still } = await again(anchor);
  expect(still.discrepancies).toEqual(failed.discrepancies);
  await recordAudit(own.db, auditor, still);
  await set('Hello');
  const { anchor: _, ...well } = await again(next);
  expect(well.discrepancies).toEqual([]);
  await recordAudit(own.db, auditor, well);
  expect(await latestAudits(own.db)).toMatchObject({ discrepancies: 0 });
});

test('GIVEN a forged past WHEN somebody acknowledges it by name THEN it is listed apart, and audits go on from what is there', async () => {
  const account = await soundAccount(own);
  const { auditor, again } = await seenBefore();
  await corrupt(own.owner, account, FORGERIES[0]?.by as string);
  const { anchor, ...failed } = await again();
  await recordAudit(own.db, auditor, failed);
  expect(await latestAudits(own.db)).toMatchObject({ discrepancies: 1 });
  const [found] = failed.discrepancies;
  const by = { by: 'ada', reason: 'Test data' };
  await acknowledge(own.operator, found?.name as string, by);
  await acknowledge(own.operator, found?.name as string, { by: 'eve', reason: 'No' });
  expect(await latestAudits(own.db)).toMatchObject({ discrepancies: 0 });
  await expect(acknowledge(own.db, '0123456789ab', by)).rejects.toMatchObject({ code: 'OPERATOR_NEEDED' });

  const known = await again(anchor);
  expect(known).toMatchObject({ discrepancies: [], acknowledged: [{ ...found, ...by }] });
  expect(known.anchor).not.toEqual(anchor);
  expect(await again(known.anchor)).toMatchObject({ discrepancies: [], acknowledged: [] });
  await expect(own.owner.query('DELETE FROM audit_acknowledgement')).rejects.toThrow('append-only');
});

test('GIVEN reports WHEN they are written down THEN the table has them, and keeps the latest thousand', async () => {
  const { auditor } = await seenBefore();
  const report = { checked: [{ name: 'a', rows: 1 }], discrepancies: [], acknowledged: [], unknown: ['c'] };
  await recordAudit(own.db, auditor, report);
  const last = await own.owner.query('SELECT checked, discrepancies, unknown FROM audit_run WHERE auditor = $1', [
    auditor,
  ]);
  const { acknowledged: _, ...written } = report;
  expect(last.rows).toEqual([written]);

  await own.owner.query(`SELECT record_audit('many', '[]', '[]', '[]') FROM generate_series(1, 1500)`);
  const { rows } = await own.owner.query('SELECT count(*)::int AS kept FROM audit_run');
  expect(rows).toEqual([{ kept: 1000 }]);
});

test('GIVEN an account of more entries than one look takes WHEN audited THEN all of them are looked at, in pieces', async () => {
  const account = await soundAccount(own);
  await corrupt(own.owner, account, grantedMore(120_000));
  // As autovacuum does within a minute of so many new rows: without it the plan is that of a nearly empty table.
  await own.owner.query('ANALYZE');
  const { checked, discrepancies } = await audit(own.db);
  expect(discrepancies).toEqual([]);
  const { rows } = await own.owner.query('SELECT count(*)::int AS rows FROM ledger_entry');
  expect(checked).toContainEqual({ name: 'entries are numbered without gaps', rows: rows[0].rows });
  const { again } = await seenBefore();
  const raised = CORRUPTIONS.find(({ what }) => what === 'a balance is raised');
  await corrupt(own.owner, account, raised?.by as string);
  expect((await again()).discrepancies).toMatchObject([{ check: raised?.check, account }]);
});

test('GIVEN marks of an auditor WHEN it begins anew THEN they are gone', async () => {
  const { auditor } = await seenBefore();
  expect(await new Marks(own.db, auditor).begin(undefined)).toEqual({ root: '', accounts: 0 });
});
