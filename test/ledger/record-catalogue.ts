import { writeFile } from 'node:fs/promises';
import { CATALOGUE_FILE, CATALOGUE_SQL } from '../../prisma/catalogue';
import { ownDatabase } from '../harness/own-database';

// Not a test: writes down what the migrations make, for the audit to compare with. After each change of a migration:
//   npm run record-catalogue

test('the catalogue of an empty database is written down', async () => {
  const { owner } = await ownDatabase();
  const { rows } = await owner.query<{ object: string; digest: string }>(CATALOGUE_SQL);
  const catalogue = Object.fromEntries(rows.map(({ object, digest }) => [object, digest]));
  await writeFile(CATALOGUE_FILE, `${JSON.stringify(catalogue, null, 2)}\n`);
});
