import { randomUUID } from 'node:crypto';
import { audit } from '../../../ledger/audit';
import { MEMBERS } from '../../../ledger/audit/rights';
import { onClose, ownerSql } from '../../harness';
import { type OwnDatabase, ownDatabase } from '../../harness/own-database';
import { GUARDS } from './guards';

// Triggers, indexes, functions, rights: what keeps the ledger is itself looked after. In a schema of the file's own, for
// its roles are named after it, and belong to the whole cluster.

const schema = `guards_${randomUUID().slice(0, 8)}`;
let own: OwnDatabase;
beforeAll(async () => {
  own = await ownDatabase(schema);
});

const discrepancies = async () => (await audit(own.db)).discrepancies;

test('GIVEN a schema of any name that is as it was migrated WHEN audited THEN nothing is wrong with it', async () => {
  expect(await audit(own.db)).toMatchObject({
    discrepancies: [],
    unknown: ['Temporal was not asked about the workflows.'],
  });
});

test.each(GUARDS)(
  'GIVEN $what WHEN audited THEN the audit says so, until it is undone',
  async ({ by, undo, check, names }) => {
    await own.owner.query(by.replaceAll('$schema', schema));
    const found = await discrepancies();
    await own.owner.query(undo.replaceAll('$schema', schema));
    expect(found.filter((one) => one.check === check)).toContainEqual(
      expect.objectContaining({ message: expect.stringMatching(names) }),
    );
    expect(await discrepancies()).toEqual([]);
  },
);

test('GIVEN a login that gets a role of ours between two audits THEN it is named, until it is acknowledged or taken away', async () => {
  const auditor = randomUUID();
  const { anchor } = await audit(own.db, { from: { auditor } });
  const login = `mallory-${randomUUID().slice(0, 8)}`;
  await ownerSql().query(`CREATE ROLE "${login}"`);
  onClose(async () => void (await ownerSql().query(`DROP ROLE "${login}"`)));
  await own.owner.query(`GRANT ${schema}_operator TO "${login}"`);

  const first = await audit(own.db, { from: { auditor, anchor } });
  expect(first.discrepancies).toMatchObject([
    { check: MEMBERS, message: expect.stringContaining(`_operator, and had not`) },
  ]);
  expect((await audit(own.db, { from: { auditor, anchor: first.anchor } })).discrepancies).toEqual(first.discrepancies);
  await own.owner.query(`REVOKE ${schema}_operator FROM "${login}"`);
  expect((await audit(own.db, { from: { auditor, anchor: first.anchor } })).discrepancies).toEqual([]);
});

test('GIVEN a database that another version has migrated WHEN audited THEN what guards it is unknown, not wrong', async () => {
  const name = '20990101000000_later';
  await own.owner.query(
    `INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name) VALUES ('x', 'x', now(), $1)`,
    [name],
  );
  const { discrepancies: found, unknown } = await audit(own.db);
  await own.owner.query('DELETE FROM _prisma_migrations WHERE migration_name = $1', [name]);
  expect(found).toEqual([]);
  expect(unknown).toContainEqual(expect.stringContaining(name));
});
