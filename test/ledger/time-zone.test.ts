import { grant } from '../../ledger/credits';
import { readUsage } from '../../ledger/usage';
import { newAccountId, openLedger } from './fixture';
import { ownDatabase } from './own-database';

test('GIVEN a database in a time zone of its own THEN moments are what they are, read and asked for', async () => {
  const { owner, appUrl } = await ownDatabase();
  const name = new URL(appUrl).pathname.slice(1);
  await owner.query(`ALTER DATABASE ${name} SET timezone = 'Asia/Tokyo'`);
  const withOptions = new URL(appUrl);
  withOptions.searchParams.set('options', '-c search_path=public');

  for (const url of [appUrl, withOptions.href]) {
    const db = openLedger(url);
    const account = newAccountId();
    // A minute on either side: the zones of the world differ by more.
    const before = new Date(Date.now() - 60_000);
    await grant(db, account, 1, 'first', null);
    const after = new Date(Date.now() + 60_000);

    const { entries } = await readUsage(db, account, { from: before, to: after });
    expect(entries).toHaveLength(1);
    const at = Date.parse(entries[0]?.at ?? '');
    expect(at).toBeGreaterThan(before.getTime());
    expect(at).toBeLessThan(after.getTime());
    expect((await readUsage(db, account, { to: before })).entries).toEqual([]);
    expect((await readUsage(db, account, { from: after })).entries).toEqual([]);
  }
});
