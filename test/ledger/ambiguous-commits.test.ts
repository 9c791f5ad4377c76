import { MakegoodError } from '../../errors';
import { grant } from '../../ledger/credits';
import type { Database } from '../../ledger/database';
import type { AccountId } from '../../ledger/ids';
import { onClose, stackEnv, until } from '../harness';
import { callerOf, fundedAccount, ledger, moneyOf, openLedger, operatorLedger } from '../harness/ledger';
import { startTcpProxy, type TcpProxy } from '../harness/tcp-proxy';
import { assertInvariants, snapshotOf } from './invariants';

// The connection to Postgres is cut at the worst moments, for each function that moves credits: the call fails as one
// that may be asked again, and once it has been, all is as if it had been done once.

let proxy: TcpProxy;
let db: Database;
let operator: Database;
beforeAll(async () => {
  const { hostname, port } = new URL(stackEnv().DATABASE_URL as string);
  proxy = await startTcpProxy({ host: hostname, port: Number(port) });
  onClose(() => proxy.close());
  const through = (variable: string) => {
    const url = new URL(stackEnv()[variable] as string);
    url.port = String(proxy.port);
    // One connection, which is then the one that is cut.
    return openLedger(url.href, 1);
  };
  db = through('DATABASE_URL');
  operator = through('MAKEGOOD_OPERATOR_DATABASE_URL');
});
afterEach(() => proxy.heal());

interface Movement {
  readonly name: string;
  /** What has been done before, over a sound connection. */
  readonly before: (account: AccountId) => Promise<unknown>;
  /** Over the connection that is cut, or over a sound one. */
  readonly ask: (account: AccountId, sound?: 'sound') => Promise<{ outcome: string }>;
  /** What it answers if it was not done before, and if it was. */
  readonly first: string;
  readonly again: string;
  readonly balance: string;
  readonly entries: readonly string[];
}

const MOVEMENTS: readonly Movement[] = [
  {
    name: 'grant',
    before: async () => {},
    ask: (account, sound) => grant(sound ? operatorLedger() : operator, account, 5, 'k', null),
    first: 'granted',
    again: 'granted',
    balance: '15 + 0',
    entries: [],
  },
  {
    name: 'reserve',
    before: async () => {},
    ask: (account, sound) => callerOf(account, { db: sound ? ledger() : db }).reserve(),
    first: 'reserved',
    again: 'reserved',
    balance: '7 + 3',
    entries: ['RESERVE -3 +3'],
  },
  {
    name: 'settle',
    before: (account) => callerOf(account).reserve(),
    ask: (account, sound) => callerOf(account, { db: sound ? ledger() : db }).settle(),
    first: 'settled',
    again: 'delivered',
    balance: '7 + 0',
    entries: ['RESERVE -3 +3', 'SETTLE +0 -3'],
  },
  {
    name: 'refund',
    before: (account) => callerOf(account).reserve(),
    ask: (account, sound) => callerOf(account, { db: sound ? ledger() : db }).refund(),
    first: 'refunded',
    again: 'refunded',
    balance: '10 + 0',
    entries: ['RESERVE -3 +3', 'REFUND +3 -3 PROVIDER_UNAVAILABLE'],
  },
];

const RETRYABLE = expect.objectContaining({ code: 'POSTGRES_UNREACHABLE' });

async function prepared({ before }: Movement): Promise<AccountId> {
  const account = await fundedAccount(10);
  await before(account);
  // The connections are there: the next bytes on them are the call.
  await Promise.all([db.$queryRaw`SELECT 1`, operator.$queryRaw`SELECT 1`]);
  return account;
}

async function expectDoneOnce(account: AccountId, { balance, entries }: Movement): Promise<void> {
  expect(await moneyOf(account)).toMatchObject({ balance, entries });
  assertInvariants((await snapshotOf(account)) as Exclude<Awaited<ReturnType<typeof snapshotOf>>, undefined>);
}

describe.each(MOVEMENTS)('GIVEN a $name', (movement) => {
  test('WHEN the connection is cut before it reaches Postgres THEN nothing was done, and asking again does it once', async () => {
    const account = await prepared(movement);
    const before = await moneyOf(account);
    proxy.set('cut-before');
    await expect(movement.ask(account)).rejects.toEqual(RETRYABLE);
    expect(proxy.cuts).toBe(1);
    expect(await moneyOf(account)).toEqual(before);

    expect(await movement.ask(account)).toMatchObject({ outcome: movement.first });
    await expectDoneOnce(account, movement);
  });

  test('WHEN its answer is lost after the commit THEN it was done, and asking again changes nothing', async () => {
    const account = await prepared(movement);
    proxy.set('cut-after');
    await expect(movement.ask(account)).rejects.toEqual(RETRYABLE);
    expect(proxy.cuts).toBe(1);
    await expectDoneOnce(account, movement);

    expect(await movement.ask(account)).toMatchObject({ outcome: movement.again });
    await expectDoneOnce(account, movement);
  });

  test('WHEN Postgres is away for a while THEN it fails as long as that, and asking again does it once', async () => {
    const account = await prepared(movement);
    proxy.set('refuse');
    for (let attempt = 0; attempt < 3; attempt++) await expect(movement.ask(account)).rejects.toEqual(RETRYABLE);
    proxy.heal();
    const answer = await until('the ledger to be back', () =>
      movement.ask(account).catch((error) => {
        if (error instanceof MakegoodError) return undefined;
        throw error;
      }),
    );
    expect(answer.outcome).toBe(movement.first);
    await expectDoneOnce(account, movement);
  });

  test('WHEN the answer comes later than anybody waits, and it is asked again meanwhile THEN it is done once', async () => {
    const account = await prepared(movement);
    proxy.delay(1_500);
    const late = movement.ask(account);
    // As an activity does whose time is over: asks over another connection, while the first call is still under way.
    await until('the first call to be done', async () => (await moneyOf(account)).balance === movement.balance);
    expect(await movement.ask(account, 'sound')).toMatchObject({ outcome: movement.again });
    expect(await late).toMatchObject({ outcome: movement.first });
    await expectDoneOnce(account, movement);
  });
});
