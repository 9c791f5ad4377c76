// What somebody who owns the database can do to it with triggers off, one or more for each check of the audit.
//
// Entries of a sound account: 1 GRANT, 2 RESERVE paid, 3 RESERVE back, 4 RESERVE open, 5 SETTLE paid, 6 REFUND back.

/** A corruption; `$account` is the test's. */
export interface Corruption {
  readonly what: string;
  readonly by: string;
  readonly check: string;
  /** What the audit names beside the check and the account. */
  readonly names?: { readonly generation?: string; readonly seq?: number };
  /** Other checks that see the same. */
  readonly also?: readonly string[];
}

const account = (change: string) => `UPDATE account SET ${change} WHERE id = $account`;
const entry = (seq: number, change: string) =>
  `UPDATE ledger_entry SET ${change} WHERE account_id = $account AND seq = ${seq}`;
const reservation = (generation: string, change: string) =>
  `UPDATE reservation SET ${change} WHERE account_id = $account AND generation_id = '${generation}'`;
const generation = (id: string, change: string) =>
  `UPDATE generation SET ${change} WHERE account_id = $account AND id = '${id}'`;
const removed = (table: string, where = 'true') => `DELETE FROM ${table} WHERE account_id = $account AND ${where}`;

/** A copy of a row, with other values in some columns. */
const copied = (table: string, values: string, where: string) =>
  `INSERT INTO ${table} SELECT (jsonb_populate_record(row, ${values})).* FROM ${table} AS row
    WHERE account_id = $account AND ${where}`;

const CHAIN = 'the hash of each entry follows from the one before';
const TEXTS = 'texts are those that were written';
const OPEN_SUM = 'held is the sum of open reservations';
const FUTURE = `now() + interval '2 hours'`;

export const CORRUPTIONS: readonly Corruption[] = [
  {
    what: 'a balance is raised',
    by: account('balance = balance + 1'),
    check: 'balance is the sum of entries',
  },
  {
    what: 'what is held is raised',
    by: account('held = held + 1'),
    check: 'held is the sum of entries',
    also: [OPEN_SUM],
  },
  {
    what: 'the count of entries is raised',
    by: account('last_seq = 9'),
    check: 'last number is that of the last entry',
  },
  {
    what: 'the head of the chain is another',
    by: account(`head = sha256('x')`),
    check: 'the head is the hash of the last entry',
  },
  {
    what: 'an entry is renumbered',
    by: `${entry(6, 'seq = 7')}; ${account('last_seq = 7')}`,
    check: 'entries are numbered without gaps',
    names: { seq: 7, generation: 'back' },
    also: [CHAIN],
  },
  {
    what: 'an entry in the middle is removed',
    by: removed('ledger_entry', 'seq = 5'),
    check: 'entries are numbered without gaps',
    names: { seq: 6, generation: 'back' },
    also: [CHAIN, 'reservations have the entries of their state'],
  },
  {
    what: 'a balance in an entry is another',
    by: entry(6, 'balance_after = 99'),
    check: 'balances follow from one another',
    names: { seq: 6, generation: 'back' },
    also: [CHAIN],
  },
  {
    what: 'a grant is raised, and all balances with it',
    by: `UPDATE ledger_entry SET balance_after = balance_after + 5, balance_delta = balance_delta + CASE seq WHEN 1 THEN 5 ELSE 0 END
          WHERE account_id = $account; ${account('balance = balance + 5')}`,
    check: CHAIN,
    names: { seq: 1 },
  },
  {
    what: 'a price is raised, and all that follows from it',
    by: `UPDATE ledger_entry SET balance_after = balance_after - 1 WHERE account_id = $account AND seq >= 2;
         ${entry(2, 'balance_delta = balance_delta - 1, held_delta = held_delta + 1')};
         ${entry(5, 'held_delta = held_delta - 1')}; ${account('balance = balance - 1')};
         ${reservation('paid', 'amount = amount + 1, cost = cost + 1')}`,
    check: CHAIN,
    names: { seq: 2, generation: 'paid' },
  },
  {
    what: 'a delivery is turned into a refund',
    by: `${entry(5, `kind = 'REFUND', balance_delta = -held_delta, balance_after = balance_after - held_delta, reason = 'X', message = 'x'`)};
         ${entry(6, 'balance_after = balance_after + 3')}; ${account('balance = balance + 3')};
         ${reservation('paid', `state = 'REFUNDED', cost = NULL, reason = 'X', message = 'x', refunded_by = 'r1'`)};
         ${generation('paid', `status = 'REFUNDED', output = NULL`)};
         INSERT INTO generation_run (account_id, generation_id, run_id, position, closed_at) VALUES ($account, 'paid', 'r1', 1, now())`,
    check: CHAIN,
    names: { seq: 5, generation: 'paid' },
  },
  {
    what: 'moments of entries are swapped',
    by: entry(6, `at = at - interval '1 day'`),
    check: 'moments of entries follow one another',
    names: { seq: 6, generation: 'back' },
    also: [CHAIN, 'moments of reservations are in order'],
  },
  {
    what: 'an entry comes from the future',
    by: `${entry(6, `at = ${FUTURE}`)}; ${account(`last_at = ${FUTURE}`)}`,
    check: 'moments of entries follow one another',
    names: { seq: 6, generation: 'back' },
  },
  {
    what: 'a settle adds to nothing',
    by: `${entry(5, 'balance_delta = -1, balance_after = balance_after - 1')};
         ${entry(6, 'balance_after = balance_after - 1')}; ${account('balance = balance - 1')}`,
    check: 'changes of an entry fit its kind',
    names: { seq: 5, generation: 'paid' },
    also: ['entries move what their reservation holds'],
  },
  {
    what: 'an entry is given to another generation',
    by: entry(6, `generation_id = 'paid'`),
    check: 'entries have their reservation',
    names: { seq: 6, generation: 'paid' },
    also: ['reservations have the entries of their state'],
  },
  {
    what: 'a second refund of what was settled',
    by: `INSERT INTO ledger_entry SELECT (jsonb_populate_record(row, '{"seq": 7, "generation_id": "paid", "balance_after": 10}')).*
           FROM ledger_entry AS row WHERE account_id = $account AND seq = 6;
         ${account('last_seq = 7, balance = balance + 3, held = held - 3')}`,
    check: 'entries have their reservation',
    names: { seq: 7, generation: 'paid' },
    also: ['refunds tell why', OPEN_SUM],
  },
  {
    what: 'a grant is made twice under one key',
    by: `${copied('ledger_entry', `'{"seq": 7}'`, 'seq = 1')}; ${entry(7, `at = now(), balance_after = 14`)};
         ${account('last_seq = 7, balance = balance + 10')}`,
    check: 'a key moves credits once',
    names: { seq: 7 },
    also: [CHAIN],
  },
  {
    what: 'a refund gives back more than was held',
    by: `${entry(6, 'balance_delta = 4, held_delta = -4, balance_after = balance_after + 1')}; ${account('balance = balance + 1, held = held - 1')}`,
    check: 'entries move what their reservation holds',
    names: { seq: 6, generation: 'back' },
    also: [OPEN_SUM],
  },
  {
    what: 'a refund tells another reason than its reservation',
    by: entry(6, `reason = 'ANOTHER'`),
    check: 'refunds tell why',
    names: { seq: 6, generation: 'back' },
  },
  {
    what: 'a refund tells no reason',
    by: entry(6, 'message = NULL'),
    check: 'refunds tell why',
    names: { seq: 6, generation: 'back' },
    also: [TEXTS],
  },
  {
    what: 'the message of a grant is another',
    by: entry(1, `message = 'A gift'`),
    check: TEXTS,
    names: { seq: 1 },
  },
  {
    what: 'an output is replaced',
    by: generation('paid', `output = '{"subject": "Forged"}'`),
    check: TEXTS,
    names: { seq: 5, generation: 'paid' },
  },
  {
    what: 'a label is replaced',
    by: generation('paid', `label = 'Another'`),
    check: TEXTS,
    names: { seq: 2, generation: 'paid' },
  },
  {
    what: 'a kind is replaced',
    by: generation('paid', `kind = 'another'`),
    check: TEXTS,
    names: { seq: 2, generation: 'paid' },
  },
  {
    what: 'the hash of an input is replaced',
    by: generation('paid', `input_hash = 'another'`),
    check: TEXTS,
    names: { seq: 2, generation: 'paid' },
  },
  {
    what: 'an account is removed, its entries stay',
    by: 'DELETE FROM account WHERE id = $account',
    check: 'entries have their account',
    also: ['generations have their account', 'runs have their account'],
  },
  {
    what: 'a generation is removed',
    by: removed('generation', `id = 'back'`),
    check: 'reservations have their generation',
    names: { generation: 'back' },
  },
  {
    what: 'a reservation is removed',
    by: removed('reservation', `generation_id = 'back'`),
    check: 'entries have their reservation',
    names: { seq: 3, generation: 'back' },
    also: ['generations stand where their newest reservation does'],
  },
  {
    what: 'a generation is charged twice',
    by: copied('reservation', `'{"ordinal": 2}'`, `generation_id = 'paid'`),
    check: 'generations have one active reservation at most',
    names: { generation: 'paid' },
    also: ['reservations have the entries of their state'],
  },
  {
    what: 'a reservation is renumbered',
    by: reservation('back', 'ordinal = 2'),
    check: 'reservations are numbered without gaps',
    names: { generation: 'back' },
  },
  {
    what: 'a refunded generation is said to be at work',
    by: generation('back', `status = 'RESERVED'`),
    check: 'generations stand where their newest reservation does',
    names: { generation: 'back' },
  },
  {
    what: 'an output is removed',
    by: generation('paid', 'output = NULL'),
    check: 'outputs are stored exactly when charged',
    names: { generation: 'paid' },
    also: [TEXTS],
  },
  {
    what: 'an output is given that nobody paid for',
    by: generation('open', `output = '{}'`),
    check: 'outputs are stored exactly when charged',
    names: { generation: 'open' },
  },
  {
    what: 'an output is JSON null',
    by: generation('paid', `output = 'null'`),
    check: 'outputs are objects',
    names: { generation: 'paid' },
    also: [TEXTS],
  },
  {
    what: 'an output is a word',
    by: generation('paid', `output = '"done"'`),
    check: 'outputs are objects',
    names: { generation: 'paid' },
  },
  {
    what: 'a salt is removed, so that no text can be checked',
    by: generation('paid', 'salt = NULL'),
    check: 'texts are there until they are erased',
    names: { generation: 'paid' },
  },
  {
    what: 'a generation points at another workflow',
    by: generation('open', `workflow_id = 'makegood/another/open'`),
    check: 'generations have their workflow id',
    names: { generation: 'open' },
    also: [TEXTS],
  },
  {
    what: 'a generation is made after its reservation',
    by: generation('open', `created_at = now() + interval '1 minute'`),
    check: 'generations begin before their reservations',
    names: { generation: 'open' },
  },
  {
    what: 'the runs of a generation are removed',
    by: removed('generation_run', `generation_id = 'back'`),
    check: 'runs of a generation are on record',
    names: { generation: 'back' },
  },
  {
    what: 'a closed run is opened again',
    by: `UPDATE generation_run SET closed_at = NULL WHERE account_id = $account`,
    check: 'runs of a generation are on record',
    names: { generation: 'back' },
  },
  {
    what: 'two runs have one number',
    by: copied('generation_run', `'{"run_id": "r2"}'`, 'true'),
    check: 'runs are numbered apart',
    names: { generation: 'back' },
  },
  {
    what: 'a settled reservation has no moment',
    by: reservation('paid', 'closed_at = NULL'),
    check: 'reservations fit their state',
    names: { generation: 'paid' },
  },
  {
    what: 'an open reservation has a reason',
    by: reservation('open', `reason = 'X', message = 'x', refunded_by = 'r1'`),
    check: 'reservations fit their state',
    names: { generation: 'open' },
  },
  {
    what: 'a reservation is charged more than it holds',
    by: reservation('paid', 'cost = amount + 1'),
    check: 'reservations fit their state',
    names: { generation: 'paid' },
    also: ['entries move what their reservation holds'],
  },
  {
    what: 'a settled reservation is open again',
    by: reservation('paid', `state = 'RESERVED', cost = NULL, closed_at = NULL, close_seq = NULL`),
    check: 'open reservations are held',
    names: { generation: 'paid' },
    also: ['entries have their reservation', 'generations stand where their newest reservation does'],
  },
  {
    what: 'a reservation was closed before it was made',
    by: reservation('paid', `closed_at = reserved_at - interval '1 hour'`),
    check: 'moments of reservations are in order',
    names: { generation: 'paid' },
  },
  {
    what: 'a reservation comes from the future',
    by: `${reservation('open', `reserved_at = ${FUTURE}`)};
         UPDATE hold SET reserved_at = ${FUTURE} WHERE account_id = $account;
         ${entry(4, `at = ${FUTURE}`)}`,
    check: 'moments of reservations are in order',
    names: { generation: 'open' },
    also: ['moments of entries follow one another', CHAIN],
  },
  {
    what: 'a hold is removed',
    by: removed('hold'),
    check: 'open reservations are held',
    names: { generation: 'open' },
    also: [OPEN_SUM],
  },
  {
    what: 'a hold is of another namespace than its reservation',
    by: `UPDATE hold SET namespace = gen_random_uuid() WHERE account_id = $account`,
    check: 'open reservations are held',
    names: { generation: 'open' },
  },
  {
    what: 'there is a hold of what is settled',
    by: copied('hold', `'{"generation_id": "paid"}'`, 'true'),
    check: 'holds have their open reservation',
    names: { generation: 'paid' },
    also: [OPEN_SUM],
  },
  {
    what: 'the holder of an open reservation is a closed run',
    by: `INSERT INTO generation_run (account_id, generation_id, run_id, position, closed_at) VALUES ($account, 'open', 'r1', 1, now())`,
    check: 'open reservations are held by a run that is not closed',
    names: { generation: 'open' },
  },
  {
    what: 'a reservation is of a namespace that nobody sweeps',
    by: reservation('open', `namespace = gen_random_uuid()`),
    check: 'open reservations are of a namespace that is swept',
    names: { generation: 'open' },
    also: ['open reservations are held'],
  },
  {
    what: 'there are attempts of nothing',
    by: copied('generation_attempt', `'{"generation_id": "never"}'`, 'true'),
    check: 'attempts have their reservation',
    names: { generation: 'never' },
  },
  {
    what: 'there are runs of an account that never was',
    by: `INSERT INTO generation_run (account_id, generation_id, run_id, position) VALUES ($account || '-not', 'g', 'r', 1)`,
    check: 'runs have their account',
    names: { generation: 'g' },
  },
  {
    what: 'a generation is given to an account that never was',
    by: `UPDATE generation SET account_id = account_id || '-not' WHERE account_id = $account AND id = 'back'`,
    check: 'generations have their account',
    names: { generation: 'back' },
    also: ['reservations have their generation'],
  },
  {
    what: 'credits are held for hours',
    by: `${reservation('open', `reserved_at = reserved_at - interval '2 hours'`)};
         UPDATE hold SET reserved_at = reserved_at - interval '2 hours' WHERE account_id = $account`,
    check: 'held too long',
    names: { generation: 'open' },
    also: ['moments of reservations are in order'],
  },
];

/** As the functions would have written it: contents, hashes, sums. Nothing within the database tells of the forgery then. */
const RECOMPUTED = `
  UPDATE ledger_entry AS e SET content = CASE e.kind
      WHEN 'RESERVE' THEN content_of_reserve(g.salt, g.id, g.kind, g.label, g.input_hash, g.workflow_id)
      WHEN 'SETTLE' THEN content_of_settle(g.salt, g.output)
      WHEN 'REFUND' THEN content_of_refund(g.salt, e.message) ELSE content_of_grant(a.salt, e.idempotency_key, e.message) END
    FROM account AS a, ledger_entry AS same LEFT JOIN generation AS g ON g.account_id = same.account_id AND g.id = same.generation_id
   WHERE e.account_id = $account AND a.id = $account AND same.account_id = $account AND same.seq = e.seq;
  UPDATE ledger_entry AS e SET balance_after = sum FROM (
      SELECT seq, sum(balance_delta) OVER (ORDER BY seq) AS sum FROM ledger_entry WHERE account_id = $account) AS s
   WHERE account_id = $account AND e.seq = s.seq;
  UPDATE ledger_entry AS e SET hash = c.hash FROM (
      SELECT x.seq, chain(a.genesis, entry_digest(x.seq, x.at, x.kind, x.balance_delta, x.held_delta, x.balance_after,
                                                x.ordinal, x.reason, x.content)) OVER (ORDER BY x.seq) AS hash
        FROM ledger_entry AS x JOIN account AS a ON a.id = x.account_id WHERE account_id = $account) AS c
   WHERE account_id = $account AND e.seq = c.seq;
  UPDATE account SET balance = s.balance, held = s.held, last_seq = s.seq, last_at = s.at,
                     head = (SELECT hash FROM ledger_entry WHERE account_id = $account AND seq = s.seq)
    FROM (SELECT sum(balance_delta) AS balance, sum(held_delta) AS held, max(seq) AS seq, max(at) AS at FROM ledger_entry
           WHERE account_id = $account) AS s
   WHERE id = $account`;

/** Those that leave nothing wrong within the database: only who remembers the heads sees them. */
export const FORGERIES: readonly Pick<Corruption, 'what' | 'by'>[] = [
  {
    what: 'a grant is forged at the beginning, and all follows from it',
    by: `${entry(1, 'balance_delta = 1000')}; ${RECOMPUTED}`,
  },
  {
    what: 'the newest entries are removed, and what they did is undone',
    by: `${removed('ledger_entry', 'seq = 6')}; ${removed('generation_run', `generation_id = 'back'`)};
         ${reservation('back', `state = 'RESERVED', reason = NULL, message = NULL, refunded_by = NULL, closed_at = NULL, close_seq = NULL`)};
         ${generation('back', `status = 'RESERVED'`)};
         INSERT INTO hold SELECT account_id, generation_id, ordinal, namespace, reserved_at FROM reservation
          WHERE account_id = $account AND generation_id = 'back'; ${RECOMPUTED}`,
  },
  {
    what: 'a delivery is turned into a refund, with the chain',
    by: `${entry(5, `kind = 'REFUND', balance_delta = -held_delta, reason = 'X', message = 'x'`)};
         ${reservation('paid', `state = 'REFUNDED', cost = NULL, reason = 'X', message = 'x', refunded_by = 'r1'`)};
         ${generation('paid', `status = 'REFUNDED', output = NULL`)};
         INSERT INTO generation_run (account_id, generation_id, run_id, position, closed_at) VALUES ($account, 'paid', 'r1', 1, now());
         ${RECOMPUTED}`,
  },
  {
    what: 'a price is raised, with the chain',
    by: `${entry(2, 'balance_delta = -4, held_delta = 4')}; ${entry(5, 'held_delta = -4')};
         ${reservation('paid', 'amount = 4, cost = 4')}; ${RECOMPUTED}`,
  },
  {
    what: 'an output is replaced, with the chain',
    by: `${generation('paid', `output = '{"subject": "Forged"}'`)}; ${RECOMPUTED}`,
  },
  {
    what: 'a label, a kind and an input hash are replaced, with the chain',
    by: `${generation('paid', `label = 'Another', kind = 'another', input_hash = 'another'`)}; ${RECOMPUTED}`,
  },
];

/** All that there is of an account. */
export const ERASED = `
  ${['generation_attempt', 'generation_run', 'hold', 'ledger_entry', 'reservation', 'generation'].map((table) => removed(table)).join('; ')};
  DELETE FROM account WHERE id = $account`;

/** What is done to the guards, and how it is undone. */
export const GUARDS: readonly {
  readonly what: string;
  readonly by: string;
  readonly undo: string;
  readonly check: string;
  readonly names: RegExp;
}[] = [
  {
    what: 'a trigger is disabled',
    by: 'ALTER TABLE ledger_entry DISABLE TRIGGER ledger_entry_no_change',
    undo: 'ALTER TABLE ledger_entry ENABLE TRIGGER ledger_entry_no_change',
    check: 'triggers are as the migrations made them',
    names: /ledger_entry_no_change was changed, or disabled/,
  },
  {
    what: 'a trigger is dropped',
    by: 'DROP TRIGGER account_no_removal ON account',
    undo: `CREATE TRIGGER "account_no_removal" BEFORE DELETE OR TRUNCATE ON "account" EXECUTE FUNCTION refuse_change()`,
    check: 'triggers are as the migrations made them',
    names: /account_no_removal is missing/,
  },
  {
    what: 'a trigger is added',
    by: 'CREATE TRIGGER mine BEFORE UPDATE ON account FOR EACH ROW EXECUTE FUNCTION refuse_change()',
    undo: 'DROP TRIGGER mine ON account',
    check: 'triggers are as the migrations made them',
    names: /account.mine was made by no migration/,
  },
  {
    what: 'a rule is added',
    by: 'CREATE RULE mine AS ON DELETE TO hold DO INSTEAD NOTHING',
    undo: 'DROP RULE mine ON hold',
    check: 'rules are as the migrations made them',
    names: /hold.mine was made by no migration/,
  },
  {
    what: 'rows are hidden by a policy',
    by: 'CREATE POLICY mine ON account USING (false)',
    undo: 'DROP POLICY mine ON account',
    check: 'policies are as the migrations made them',
    names: /account.mine was made by no migration/,
  },
  {
    what: 'an index is dropped',
    by: 'DROP INDEX reservation_one_active',
    undo: `CREATE UNIQUE INDEX "reservation_one_active" ON "reservation" ("account_id", "generation_id") WHERE "reason" IS NULL`,
    check: 'indexes are as the migrations made them',
    names: /reservation_one_active is missing/,
  },
  {
    what: 'a constraint is dropped',
    by: 'ALTER TABLE temporal_namespace DROP CONSTRAINT temporal_namespace_pkey',
    undo: 'ALTER TABLE temporal_namespace ADD CONSTRAINT temporal_namespace_pkey PRIMARY KEY (id)',
    check: 'constraints are as the migrations made them',
    names: /temporal_namespace_pkey is missing/,
  },
  {
    what: 'a column is let be empty',
    by: 'ALTER TABLE hold ALTER COLUMN namespace DROP NOT NULL',
    undo: 'ALTER TABLE hold ALTER COLUMN namespace SET NOT NULL',
    check: 'tables are as the migrations made them',
    names: /table hold was changed/,
  },
  {
    what: 'a form is loosened',
    by: `ALTER DOMAIN "Kind" ADD CHECK (VALUE <> 'x')`,
    undo: `ALTER DOMAIN "Kind" DROP CONSTRAINT "Kind_check1"`,
    check: 'constraints are as the migrations made them',
    names: /Kind_check1 was made by no migration/,
  },
  {
    what: 'a type has a value more',
    by: `CREATE TYPE kept AS ENUM ('x'); ALTER TYPE "EntryKind" RENAME VALUE 'ADJUST' TO 'GIFT'`,
    undo: `DROP TYPE kept; ALTER TYPE "EntryKind" RENAME VALUE 'GIFT' TO 'ADJUST'`,
    check: 'types are as the migrations made them',
    names: /type EntryKind was changed/,
  },
  {
    what: 'a function is replaced',
    by: `CREATE OR REPLACE FUNCTION chain_step(before bytea, begin bytea, digest bytea) RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN begin;
END
$$`,
    undo: `CREATE OR REPLACE FUNCTION chain_step(before bytea, begin bytea, digest bytea) RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN sha256(coalesce(before, begin) || digest);
END
$$`,
    check: 'functions are as the migrations made them',
    names: /chain_step.* was changed/,
  },
  {
    what: 'a function is added under a name of ours',
    by: `CREATE FUNCTION settle(text) RETURNS text LANGUAGE sql AS 'SELECT $1'; REVOKE ALL ON FUNCTION settle(text) FROM PUBLIC`,
    undo: 'DROP FUNCTION settle(text)',
    check: 'functions are as the migrations made them',
    names: /settle\(text\) was made by no migration/,
  },
  {
    what: 'a function loses its settings',
    by: 'ALTER FUNCTION use_session RESET search_path',
    undo: 'ALTER FUNCTION use_session SET search_path = $schema, pg_temp',
    check: 'functions are as the migrations made them',
    names: /use_session.* was changed/,
  },
  {
    what: 'a role may write a table',
    by: 'GRANT INSERT ON account TO $schema_server',
    undo: 'REVOKE INSERT ON account FROM $schema_server',
    check: 'rights are as migrate gave them',
    names: /_server has INSERT on table account/,
  },
  {
    what: 'a role may write a column',
    by: 'GRANT UPDATE (balance) ON account TO $schema_worker',
    undo: 'REVOKE UPDATE (balance) ON account FROM $schema_worker',
    check: 'rights are as migrate gave them',
    names: /_worker has UPDATE on table account.balance/,
  },
  {
    what: 'a role may call what is another’s',
    by: 'GRANT EXECUTE ON FUNCTION grant_credits TO $schema_worker',
    undo: 'REVOKE EXECUTE ON FUNCTION grant_credits FROM $schema_worker',
    check: 'rights are as migrate gave them',
    names: /_worker has EXECUTE on grant_credits/,
  },
  {
    what: 'everybody may call a function',
    by: 'GRANT EXECUTE ON FUNCTION adjust TO PUBLIC',
    undo: 'REVOKE EXECUTE ON FUNCTION adjust FROM PUBLIC',
    check: 'rights are as migrate gave them',
    names: /PUBLIC has EXECUTE on adjust/,
  },
  {
    what: 'a right is taken away',
    by: 'REVOKE EXECUTE ON FUNCTION sweep FROM $schema_worker',
    undo: 'GRANT EXECUTE ON FUNCTION sweep TO $schema_worker',
    check: 'rights are as migrate gave them',
    names: /_worker has EXECUTE on sweep.*: was taken away/,
  },
  {
    what: 'a role is given to a role',
    by: 'GRANT $schema_operator TO $schema_worker',
    undo: 'REVOKE $schema_operator FROM $schema_worker',
    check: 'roles have no powers beside their rights',
    names: /_worker is a member of .*_operator/,
  },
  {
    what: 'a role may log in',
    by: 'ALTER ROLE $schema_operator LOGIN',
    undo: 'ALTER ROLE $schema_operator NOLOGIN',
    check: 'roles have no powers beside their rights',
    names: /_operator may log in/,
  },
];
