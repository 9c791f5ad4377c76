import { Pool } from 'pg';

/** Credits moved without any of Makegood's promises: two tables, one statement a move, prepared by `pg`. */
export interface NaiveLedger {
  open(account: string, credits: number): Promise<void>;
  reserve(account: string, generation: string): Promise<unknown>;
  settle(account: string, generation: string, output: object): Promise<unknown>;
  /** Writes down so many generations that are charged already. */
  fill(account: string, generations: number): Promise<void>;
  close(): Promise<void>;
}

const TABLES = `
  CREATE SCHEMA naive;
  CREATE TABLE naive.account (id text PRIMARY KEY, balance bigint NOT NULL, held bigint NOT NULL);
  CREATE TABLE naive.entry (
    id bigserial PRIMARY KEY, account_id text NOT NULL REFERENCES naive.account (id), generation_id text NOT NULL,
    kind text NOT NULL, amount bigint NOT NULL, at timestamptz NOT NULL DEFAULT now(), output jsonb);
  CREATE INDEX ON naive.entry (account_id, id)`;

const RESERVE = {
  name: 'naive-reserve',
  text: `WITH moved AS (
      UPDATE naive.account SET balance = balance - 1, held = held + 1 WHERE id = $1 AND balance >= 1 RETURNING id)
    INSERT INTO naive.entry (account_id, generation_id, kind, amount) SELECT id, $2, 'RESERVE', 1 FROM moved`,
};
const SETTLE = {
  name: 'naive-settle',
  text: `WITH moved AS (UPDATE naive.account SET held = held - 1 WHERE id = $1 RETURNING id)
    INSERT INTO naive.entry (account_id, generation_id, kind, amount, output) SELECT id, $2, 'SETTLE', 1, $3 FROM moved`,
};

/** In the database of `ownerUrl`, in a schema of its own, over so many connections. */
export async function openNaiveLedger(ownerUrl: string, connections: number): Promise<NaiveLedger> {
  const pool = new Pool({ connectionString: ownerUrl, max: connections });
  await pool.query(TABLES);
  return {
    async open(account, credits) {
      await pool.query('INSERT INTO naive.account VALUES ($1, $2, 0)', [account, credits]);
    },
    reserve: (account, generation) => pool.query({ ...RESERVE, values: [account, generation] }),
    settle: (account, generation, output) =>
      pool.query({ ...SETTLE, values: [account, generation, JSON.stringify(output)] }),
    async fill(account, generations) {
      await pool.query(
        `INSERT INTO naive.entry (account_id, generation_id, kind, amount, output)
           SELECT $1, gen_random_uuid(), kind, 1, CASE kind WHEN 'SETTLE' THEN '{"subject":"a"}'::jsonb END
             FROM generate_series(1, $2), unnest('{RESERVE,SETTLE}'::text[]) AS kind`,
        [account, generations],
      );
      await pool.query('VACUUM ANALYZE naive.entry');
    },
    close: () => pool.end(),
  };
}
