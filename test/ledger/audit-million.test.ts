import { audit } from '../../ledger/audit';
import { ownDatabase } from './own-database';

// How long an audit of a million entries takes. Not part of the usual run: it writes some hundred megabytes first.
//   MAKEGOOD_TEST_MILLION=1 npx jest test/ledger/audit-million.test.ts
const million = process.env.MAKEGOOD_TEST_MILLION ? test : test.skip;

/** Each account has one grant, and 500 generations of 1 credit, of which each tenth was refunded: 1001 entries. */
const ACCOUNTS = 1_000;
const FILL = `
  SET session_replication_role = replica;
  INSERT INTO account (id, balance, held, last_seq) SELECT 'a' || a, 50, 0, 1001 FROM generate_series(1, ${ACCOUNTS}) AS a;
  CREATE TEMPORARY TABLE work AS
    SELECT 'a' || a AS account, 'g' || g AS generation, (a - 1) * 500 + g AS id, g, g % 10 = 0 AS refunded,
           (g - 1) - (g - 1) / 10 AS charged_before
      FROM generate_series(1, ${ACCOUNTS}) AS a, generate_series(1, 500) AS g;
  INSERT INTO generation (account_id, id, kind, label, input_hash, status, draft, workflow_id)
    SELECT account, generation, 'email-draft', 'A draft', 'hash',
           (CASE WHEN refunded THEN 'REFUNDED' ELSE 'SUCCEEDED' END)::"GenerationStatus",
           CASE WHEN NOT refunded THEN '{"subject": "Hello", "body": "A few lines of text."}'::jsonb END,
           'makegood/' || account || '/' || generation FROM work;
  INSERT INTO reservation (id, account_id, generation_id, ordinal, execution_id, amount, state, reason, refunded_by, namespace,
                           closed_at)
    SELECT id, account, generation, 1, 't', 1,
           (CASE WHEN refunded THEN 'REFUNDED' ELSE 'SETTLED' END)::"ReservationState",
           CASE WHEN refunded THEN 'X' END, CASE WHEN refunded THEN 'r' END, 'n', now() - interval '1 day' FROM work;
  INSERT INTO ledger_entry (account_id, seq, kind, balance_delta, held_delta, balance_after, grant_key)
    SELECT id, 1, 'GRANT', 500, 0, 500, 'k' FROM account;
  INSERT INTO ledger_entry (account_id, seq, kind, balance_delta, held_delta, balance_after, reservation_id, generation_id)
    SELECT account, 2 * g, 'RESERVE', -1, 1, 499 - charged_before, id, generation FROM work;
  INSERT INTO ledger_entry (account_id, seq, kind, balance_delta, held_delta, balance_after, reservation_id, generation_id,
                            reason, message)
    SELECT account, 2 * g + 1, (CASE WHEN refunded THEN 'REFUND' ELSE 'SETTLE' END)::"EntryKind", refunded::int, -1,
           499 - charged_before + refunded::int, id, generation,
           CASE WHEN refunded THEN 'X' END, CASE WHEN refunded THEN 'x' END FROM work;
  DROP TABLE work;
  RESET session_replication_role;
  ANALYZE;
`;

million(
  'GIVEN a million entries WHEN they are audited THEN it takes seconds, and one wrong balance among them is named',
  async () => {
    const { db, owner } = await ownDatabase();
    await owner.query(FILL);
    const began = Date.now();
    const report = await audit(db);
    console.log(`a million entries audited in ${Date.now() - began} ms`, report.checked);
    expect(report.discrepancies).toEqual([]);
    expect(report.checked[0]).toEqual({ name: expect.any(String), rows: ACCOUNTS });

    await owner.query(`UPDATE account SET balance = balance + 1 WHERE id = 'a777'`);
    expect((await audit(db)).discrepancies).toMatchObject([
      { check: 'balance is the sum of entries', account: 'a777' },
    ]);
  },
  600_000,
);
