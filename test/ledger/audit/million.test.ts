import { audit } from '../../../ledger/audit';
import { registerNamespace } from '../../../ledger/credits';
import { TEST_NAMESPACE } from '../../harness/ledger';
import { ownDatabase } from '../../harness/own-database';

// How long an audit of a million entries takes, and of ten thousand more. Not part of the usual run: it writes some
// hundred megabytes first.
//   MAKEGOOD_TEST_MILLION=1 npx jest test/ledger/audit-million.test.ts
const million = process.env.MAKEGOOD_TEST_MILLION ? test : test.skip;

/** Each account gets a grant of 500 once, and generations of 1 credit, of which each tenth is refunded: 1001 entries. */
const ACCOUNTS = 1_000;
const GENERATIONS = 500;

/** `each` generations for each of `accounts` accounts that are there, as the functions would have written them. */
const fill = (accounts: number, each: number, grant: number) => `
  SET session_replication_role = replica;
  CREATE TEMPORARY TABLE work AS
    SELECT a.*, g, last_seq || '-' || g AS generation, g % 10 = 0 AS refunded, gen_random_uuid() AS gen_salt,
           last_seq + ${grant ? 1 : 0} + 2 * g AS close_seq, balance + ${grant} - (g - 1) + (g - 1) / 10 AS balance_before
      FROM account AS a, generate_series(1, ${each}) AS g WHERE a.id IN (SELECT id FROM account ORDER BY id LIMIT ${accounts});
  INSERT INTO generation (account_id, id, kind, label, input_hash, status, output, workflow_id, first_seq, salt, created_at)
    SELECT id, generation, 'email-draft', 'A draft', 'hash',
           (CASE WHEN refunded THEN 'REFUNDED' ELSE 'SUCCEEDED' END)::"GenerationStatus",
           CASE WHEN NOT refunded THEN '{"subject": "Hello", "body": "A few lines of text."}'::jsonb END,
           'makegood/' || id || '/' || generation, close_seq - 1, gen_salt, last_at FROM work;
  INSERT INTO reservation (account_id, generation_id, ordinal, execution_id, holder_run, amount, state, cost, reason, message,
                           refunded_by, namespace, reserve_seq, close_seq, reserved_at, closed_at)
    SELECT id, generation, 1, 't', 'r', 1, (CASE WHEN refunded THEN 'REFUNDED' ELSE 'SETTLED' END)::"ReservationState",
           CASE WHEN NOT refunded THEN 1 END, CASE WHEN refunded THEN 'X' END, CASE WHEN refunded THEN 'x' END,
           CASE WHEN refunded THEN 'r' END, '${TEST_NAMESPACE}', close_seq - 1, close_seq, last_at, last_at FROM work;
  INSERT INTO generation_run (account_id, generation_id, run_id, position, closed_at)
    SELECT id, generation, 'r', 1, last_at FROM work WHERE refunded;
  CREATE TEMPORARY TABLE entry AS
    SELECT id, last_seq + 1 AS seq, last_at, 'GRANT'::"EntryKind" AS kind, ${grant}::bigint AS balance_delta,
           0::bigint AS held_delta, balance + ${grant} AS balance_after, NULL AS generation, NULL::int AS ordinal,
           'k' || last_seq AS key, NULL AS reason, NULL AS message,
           content_of_grant(salt, 'k' || last_seq, NULL) AS content, head
      FROM (SELECT DISTINCT ON (id) * FROM work) AS a WHERE ${grant} > 0
    UNION ALL
    SELECT id, close_seq - 1, last_at, 'RESERVE', -1, 1, balance_before - 1, generation, 1, NULL, NULL, NULL,
           content_of_reserve(gen_salt, generation, 'email-draft', 'A draft', 'hash', 'makegood/' || id || '/' || generation), head
      FROM work
    UNION ALL
    SELECT id, close_seq, last_at, (CASE WHEN refunded THEN 'REFUND' ELSE 'SETTLE' END)::"EntryKind", refunded::int, -1,
           balance_before - 1 + refunded::int, generation, 1, NULL, CASE WHEN refunded THEN 'X' END,
           CASE WHEN refunded THEN 'x' END,
           CASE WHEN refunded THEN content_of_refund(gen_salt, 'x')
                ELSE content_of_settle(gen_salt, '{"subject": "Hello", "body": "A few lines of text."}') END, head
      FROM work;
  INSERT INTO ledger_entry (account_id, seq, at, kind, balance_delta, held_delta, balance_after, generation_id, ordinal,
                            idempotency_key, reason, message, content, hash)
    SELECT id, seq, last_at, kind, balance_delta, held_delta, balance_after, generation, ordinal, key, reason, message, content,
           chain(head, entry_digest(seq, last_at, kind, balance_delta, held_delta, balance_after, ordinal, reason, content))
             OVER (PARTITION BY id ORDER BY seq) FROM entry;
  UPDATE account AS a SET last_seq = e.seq, balance = e.balance_after, head = e.hash
    FROM (SELECT DISTINCT ON (account_id) * FROM ledger_entry ORDER BY account_id, seq DESC) AS e WHERE a.id = e.account_id;
  DROP TABLE work, entry;
  RESET session_replication_role;
  ANALYZE;
`;

const EMPTY = `
  INSERT INTO account (id, genesis, head, salt, last_at)
    SELECT 'a' || a, sha256(int4send(a)), sha256(int4send(a)), gen_random_uuid(), now() FROM generate_series(1, ${ACCOUNTS}) AS a`;

million(
  'GIVEN a million entries WHEN they are audited THEN it takes seconds, less than one for ten thousand more, and one wrong balance among them is named',
  async () => {
    const { db, owner } = await ownDatabase();
    await registerNamespace(db, TEST_NAMESPACE);
    await owner.query(EMPTY);
    await owner.query(fill(ACCOUNTS, GENERATIONS, 500));
    const from = { auditor: 'million' };
    const timed = async (what: string, options: Parameters<typeof audit>[1]) => {
      const began = Date.now();
      const report = await audit(db, options);
      console.log(`${what}: ${Date.now() - began} ms`);
      expect(report.discrepancies).toEqual([]);
      return report;
    };
    const entries = { name: 'entries are numbered without gaps', rows: ACCOUNTS * (2 * GENERATIONS + 1) };
    const full = await timed('a million entries, for the first time', { from });
    expect(full.checked).toContainEqual(entries);
    const again = await timed('a million entries, again', { from: { ...from, ...anchorOf(full) }, full: true });
    const idle = await timed('nothing new', { from: { ...from, ...anchorOf(again) } });

    // Fifty of each of a hundred accounts.
    await owner.query(fill(100, 50, 0));
    const more = await timed('10 000 new entries', { from: { ...from, ...anchorOf(idle) } });
    expect(more.checked).toContainEqual({ ...entries, rows: 10_000 });

    await owner.query(`UPDATE account SET balance = balance + 1 WHERE id = 'a777'`);
    expect((await audit(db, { from: { ...from, ...anchorOf(more) } })).discrepancies).toMatchObject([
      { check: 'balance is the sum of entries', account: 'a777' },
    ]);
  },
  600_000,
);

const anchorOf = ({ anchor }: Awaited<ReturnType<typeof audit>>) => (anchor ? { anchor } : {});
