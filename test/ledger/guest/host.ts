import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { startPostgres } from '../../../dev/postgres';
import { applyMigrations } from '../../../prisma/schema-engine';
import { onClose } from '../../harness';

/** A product's own database, which we are a guest in: a cluster of its own, so that its roles are all there to see. */
export interface Host {
  /** As the product's own superuser. */
  readonly sql: Client;
  readonly database: string;
  /** The database as another login. */
  url(login: string, password: string): string;
  /** The product's own `prisma migrate deploy`, with one more migration. Answers what was applied. */
  deploy(name: string, script: string): Promise<string[]>;
}

/** Owns the product's tables and makes roles, but is no superuser: as managed Postgres has it. */
export const OWNER = { login: 'shop_owner', password: 'shop' };

const FIRST = `
CREATE TYPE "EntryKind" AS ENUM ('INVOICE', 'PAYMENT');
CREATE TABLE account (id serial PRIMARY KEY, email text NOT NULL UNIQUE, balance numeric NOT NULL DEFAULT 0);
CREATE TABLE generation (id serial PRIMARY KEY, account_id int NOT NULL REFERENCES account, kind "EntryKind");
CREATE TABLE ledger_entry (id serial PRIMARY KEY, what text);
CREATE FUNCTION reserve(seats int) RETURNS int LANGUAGE sql AS 'SELECT seats + 1';
CREATE FUNCTION jsonb_build_object(text, text) RETURNS jsonb LANGUAGE sql AS $$ SELECT '{"host": true}'::jsonb $$;
CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touch BEFORE UPDATE ON account FOR EACH ROW EXECUTE FUNCTION touched();
CREATE VIEW rich AS SELECT * FROM account WHERE balance > 100;
CREATE INDEX generation_kind ON generation (kind);
ALTER TABLE generation ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON generation USING (account_id = 1);
INSERT INTO account (email, balance) VALUES ('ada@example.com', 150), ('bob@example.com', 3);
INSERT INTO generation (account_id, kind) VALUES (1, 'INVOICE');
GRANT SELECT, UPDATE ON account TO shop_app;
GRANT SELECT (id) ON generation TO shop_app;
COMMENT ON TABLE account IS 'Customers';
SELECT lo_create(4711);
`;

export async function startHost(): Promise<Host> {
  const folder = await mkdtemp(join(tmpdir(), 'makegood-test-'));
  onClose(() => rm(folder, { recursive: true, force: true }));
  const postgres = await startPostgres({ dataDir: join(folder, 'postgres') });
  onClose(() => postgres.stop());
  const database = 'shop';
  const at = (url: string) => url.replace(/makegood$/, database);
  const cluster = new Client({ connectionString: postgres.ownerUrl });
  await cluster.connect();
  for (const sql of [
    `CREATE ROLE ${OWNER.login} LOGIN CREATEROLE PASSWORD '${OWNER.password}'`,
    'CREATE ROLE shop_app LOGIN',
    'CREATE ROLE shop_reports NOLOGIN',
    'GRANT shop_reports TO shop_app',
    `ALTER ROLE shop_app SET search_path = public`,
    `CREATE DATABASE ${database} OWNER ${OWNER.login}`,
    `ALTER DATABASE ${database} SET timezone = 'Asia/Tokyo'`,
    `ALTER DATABASE ${database} SET default_transaction_isolation = 'repeatable read'`,
    // What a careful host does, and one that shares everything with its reports.
    `ALTER DEFAULT PRIVILEGES FOR ROLE ${OWNER.login} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC`,
  ]) {
    await cluster.query(sql);
  }
  await cluster.end();
  const sql = new Client({ connectionString: at(postgres.ownerUrl) });
  await sql.connect();
  onClose(() => sql.end());
  await sql.query(`GRANT CREATE ON SCHEMA public TO ${OWNER.login}`);
  await sql.query(`ALTER DEFAULT PRIVILEGES FOR ROLE ${OWNER.login} GRANT SELECT ON TABLES TO shop_reports`);

  const url = (login: string, password: string) => at(postgres.url(login, password));
  const prisma = join(folder, 'prisma');
  await mkdir(join(prisma, 'migrations'), { recursive: true });
  await writeFile(join(prisma, 'schema.prisma'), 'datasource db {\n  provider = "postgresql"\n}\n');
  await writeFile(join(prisma, 'migrations/migration_lock.toml'), 'provider = "postgresql"\n');
  const host: Host = {
    sql,
    database,
    url,
    async deploy(name, script) {
      await mkdir(join(prisma, 'migrations', name), { recursive: true });
      await writeFile(join(prisma, 'migrations', name, 'migration.sql'), script);
      return applyMigrations(url(OWNER.login, OWNER.password), 'public', prisma);
    },
  };
  await host.deploy('20260101000000_first', FIRST);
  return host;
}
