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
