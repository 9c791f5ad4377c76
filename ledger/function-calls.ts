import { createHash } from 'node:crypto';
import { escapeIdentifier, type Pool } from 'pg';
import { isStatementLost, isWrongIsolation } from './failures';

interface Statement {
  readonly text: string;
  readonly name: string;
}

/**
 * Calls SQL functions of our schema: one round trip and one commit each. Finds out by itself how this database has to be
 * asked, whatever pooler stands before it and whatever its login's defaults are. Throws what `pg` throws.
 */
export class FunctionCalls {
  /** Where the login's default is not READ COMMITTED: then each call says so, in a transaction of its own. */
  private explicit = false;
  /** Not behind a pooler that hands the next statement to another connection, and does not know of prepared ones. */
  private prepares = true;
  private readonly statements = new Map<string, Statement>();

  constructor(private readonly schema: string) {}

  async call(pool: Pool, name: string, values: readonly unknown[]): Promise<unknown> {
    if (this.explicit) return this.callExplicitly(pool, name, values);
    const statement = this.statementOf(name, values.length);
    try {
      const query = { text: statement.text, values: [...values], ...(this.prepares ? { name: statement.name } : {}) };
      return (await pool.query(query)).rows[0].answer;
    } catch (error) {
      // Neither has done anything: how this database has to be asked is known from now on.
      if (isWrongIsolation(error)) this.explicit = true;
      else if (this.prepares && isStatementLost(error)) this.prepares = false;
      else throw error;
      return this.call(pool, name, values);
    }
  }

  /** In a transaction of its own: at READ COMMITTED, and with a time of its own where the usual one is too short. */
  async callExplicitly(pool: Pool, name: string, values: readonly unknown[], timeoutMs?: number): Promise<unknown> {
    const { text } = this.statementOf(name, values.length);
    const client = await pool.connect();
    try {
      await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
      if (timeoutMs !== undefined) await client.query(`SET LOCAL statement_timeout = ${timeoutMs}`);
      const patience = timeoutMs === undefined ? {} : { query_timeout: timeoutMs };
      const { rows } = await client.query({ text, values: [...values], ...patience });
      await client.query('COMMIT');
      client.release();
      return rows[0].answer;
    } catch (error) {
      // A connection in a failed transaction is of no use to the next.
      client.release(true);
      throw error;
    }
  }

  /** The same text has the same name in every process: what a pooler's connection keeps under it is what we mean. */
  private statementOf(name: string, places: number): Statement {
    const known = this.statements.get(name);
    if (known) return known;
    const values = Array.from({ length: places }, (_, index) => `$${index + 1}`).join(', ');
    const text = `SELECT ${escapeIdentifier(this.schema)}.${name}(${values}) AS answer`;
    const made = { text, name: `makegood_${createHash('sha256').update(text).digest('hex').slice(0, 16)}` };
    this.statements.set(name, made);
    return made;
  }
}
