import { grant } from '../../ledger/credits';
import { openDatabase } from '../../ledger/database';
import { readStatement } from '../../ledger/statement';
import { readUsage } from '../../ledger/usage';
import { onClose } from '../harness';
import { newAccountId } from '../harness/ledger';
import { ownDatabase } from '../harness/own-database';

const MINUTE = 60_000;

describe.each(['Asia/Tokyo', 'America/St_Johns', 'UTC'])('GIVEN a database in the time zone %s', (zone) => {
  async function opened() {
    const { owner, env } = await ownDatabase();
    await owner.query(
      `ALTER DATABASE ${new URL(env.DATABASE_URL as string).pathname.slice(1)} SET timezone = '${zone}'`,
    );
    // Opened after it was set: a session keeps the zone that it began with.
    const db = openDatabase(env.DATABASE_URL as string);
    const operator = openDatabase(env.MAKEGOOD_OPERATOR_DATABASE_URL as string);
    onClose(() => Promise.all([db.$disconnect(), operator.$disconnect()]).then(() => {}));
    return { db, operator };
  }

  test('THEN moments are what they are, read and asked for', async () => {
    const { db, operator } = await opened();
    const account = newAccountId();
    // A minute on either side: the zones of the world differ by more.
    const before = new Date(Date.now() - MINUTE);
    await grant(operator, account, 1, 'first', null);
    const after = new Date(Date.now() + MINUTE);

    const { entries } = await readUsage(db, account, { from: before, to: after });
    expect(entries).toHaveLength(1);
    const at = Date.parse(entries[0]?.at ?? '');
    expect(at).toBeGreaterThan(before.getTime());
    expect(at).toBeLessThan(after.getTime());
    expect((await readUsage(db, account, { to: before })).entries).toEqual([]);
    expect((await readUsage(db, account, { from: after })).entries).toEqual([]);
    expect(await readStatement(db, account, { from: before, to: after })).toMatchObject({ granted: 1, closing: 1 });
    expect(await readStatement(db, account, { to: before })).toMatchObject({ granted: 0, closing: 0 });
  });

  test('THEN any SQL sends and reads moments, lists of them and none as they are, also within a transaction', async () => {
    const { db } = await opened();
    const summer = new Date('2026-07-01T23:59:59.123Z');
    const winter = new Date('1999-12-31T00:00:00.000Z');
    const ask = (queries: Pick<typeof db, '$queryRaw'>) =>
      queries.$queryRaw<unknown[]>`SELECT ${summer}::timestamptz AS one, ${null}::timestamptz AS none,
        ${[summer, winter]}::timestamptz[] AS many, ARRAY[${winter}::timestamptz, NULL] AS gaps,
        extract(epoch FROM ${summer}::timestamptz)::float8 AS seconds`;
    const expected = [
      { one: summer, none: null, many: [summer, winter], gaps: [winter, null], seconds: summer.getTime() / 1000 },
    ];
    expect(await ask(db)).toEqual(expected);
    expect(await db.$transaction((tx) => ask(tx))).toEqual(expected);
  });
});
