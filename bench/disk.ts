import { Client } from 'pg';
import { line } from './measure';

const SIZES = `
  SELECT relation.relname AS name, relation.relkind = 'i' AS is_index, pg_table_size(relation.oid)::float8 AS bytes,
         coalesce(obj_description(relation.oid, 'pg_class'), '') AS purpose
    FROM pg_class AS relation LEFT JOIN pg_index ON indexrelid = relation.oid
   WHERE relation.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass($1))
     AND coalesce(indrelid, relation.oid)::regclass::text ~ '(generation|reservation|hold|ledger_entry|account)'
     AND relation.relkind IN ('r', 'i')
   ORDER BY bytes DESC`;

/** Prints the bytes on disk for each generation, by table and index, and what each index is for. */
export async function showDisk(ownerUrl: string, schema = 'makegood'): Promise<void> {
  const owner = new Client({ connectionString: ownerUrl });
  await owner.connect();
  try {
    const table = `"${schema}".generation`;
    await owner.query('VACUUM ANALYZE');
    const { rows } = await owner.query<{ count: number }>(`SELECT count(*)::float8 AS count FROM ${table}`);
    const sizes = await owner.query<{ name: string; is_index: boolean; bytes: number; purpose: string }>(SIZES, [
      table,
    ]);
    const generations = rows[0]?.count ?? 0;
    const total = sizes.rows.reduce((sum, { bytes }) => sum + bytes, 0);
    console.log(`\nBytes on disk a generation: ${(total / generations).toFixed(0)} (${generations} generations)`);
    for (const { name, is_index, bytes, purpose } of sizes.rows.filter((row) => row.bytes / generations >= 1)) {
      line(`${is_index ? '  index ' : ''}${name}`, `${(bytes / generations).toFixed(0).padStart(6)}  ${purpose}`);
    }
  } finally {
    await owner.end();
  }
}
