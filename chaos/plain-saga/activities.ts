import type { Pool } from 'pg';

export const TABLE = `CREATE TABLE IF NOT EXISTS plain_saga (
  id text PRIMARY KEY, state text NOT NULL)`;

/** The sandbox provider is asked as Makegood asks it. */
export function plainSagaActivities(pool: Pool, providerUrl: string) {
  const move = (id: string, state: string) => pool.query('UPDATE plain_saga SET state = $2 WHERE id = $1', [id, state]);
  return {
    async reserve(id: string) {
      await pool.query(`INSERT INTO plain_saga (id, state) VALUES ($1, 'RESERVED') ON CONFLICT DO NOTHING`, [id]);
    },
    async draft(to: string) {
      const response = await fetch(`${providerUrl}/chat/completions`, {
        method: 'POST',
        headers: { authorization: 'Bearer sandbox', 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'sandbox', messages: [{ role: 'user', content: JSON.stringify({ to }) }] }),
      });
      if (!response.ok) throw new Error(`the provider answered ${response.status}`);
      return await response.text();
    },
    async settle(id: string) {
      await move(id, 'SETTLED');
    },
    async refund(id: string) {
      await move(id, 'REFUNDED');
    },
  };
}
