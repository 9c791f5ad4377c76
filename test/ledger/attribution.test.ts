import { eraseGenerations } from '../../ledger/erasure';
import { readGeneration } from '../../ledger/generations';
import type { AccountId, GenerationId } from '../../ledger/ids';
import { readStatement } from '../../ledger/statement';
import { readUsage, type UsageFilter } from '../../ledger/usage';
import { ownerSql } from '../harness';
import { callerOf, fundedAccount, ledger, operatorLedger } from '../harness/ledger';

const ADA = { user: 'ada', campaign: 'spring', metadata: { team: 'sales', region: 'eu' } };
const NOBODY = { user: null, campaign: null, metadata: {} };

const read = (account: AccountId, id = 'g1') => readGeneration(ledger(), account, id as GenerationId);

test('GIVEN a user, a campaign and metadata WHEN credits are held THEN the generation and its entries tell them', async () => {
  const account = await fundedAccount();
  await callerOf(account, ADA).reserve();
  await callerOf(account, ADA).settle();
  await callerOf(account, { generation: 'plain' }).reserve();
  expect(await read(account)).toMatchObject(ADA);
  expect(await read(account, 'plain')).toMatchObject(NOBODY);
  const { entries } = await readUsage(ledger(), account);
  expect(entries.map(({ kind, user, campaign, metadata }) => [kind, { user, campaign, metadata }])).toEqual([
    ['RESERVE', NOBODY],
    ['SETTLE', ADA],
    ['RESERVE', ADA],
    ['GRANT', NOBODY],
  ]);
});

test('GIVEN many reserves in one statement THEN each keeps its own attribution', async () => {
  const account = await fundedAccount(100);
  const users = Array.from({ length: 12 }, (_, index) => `user-${index}`);
  const reserved = users.map((user) => callerOf(account, { generation: user, user, metadata: { of: user } }).reserve());
  await Promise.all(reserved);
  for (const user of users)
    expect(await read(account, user)).toMatchObject({ user, campaign: null, metadata: { of: user } });
});

test('GIVEN a generation WHEN it is asked for again, or retried, with another attribution THEN the first stands', async () => {
  const account = await fundedAccount();
  await callerOf(account, ADA).reserve();
  expect(await callerOf(account, { user: 'bob', campaign: 'autumn' }).reserve()).toMatchObject({ outcome: 'reserved' });
  await callerOf(account).refund();
  const retry = callerOf(account, { execution: 't2', run: 'r2', after: 1, user: 'bob', metadata: { team: 'other' } });
  expect(await retry.reserve()).toMatchObject({ outcome: 'reserved' });
  expect(await read(account)).toMatchObject(ADA);
});

test('GIVEN an attributed generation WHEN it is erased THEN nothing tells any more for whom it was', async () => {
  const account = await fundedAccount();
  await callerOf(account, ADA).reserve();
  await callerOf(account, ADA).settle();
  await eraseGenerations(operatorLedger(), account, ['g1' as GenerationId]);
  expect(await read(account)).toMatchObject(NOBODY);
  expect((await readUsage(ledger(), account, { user: 'ada' })).entries).toEqual([]);
  const put = ownerSql().query(`UPDATE generation SET user_id = 'ada' WHERE account_id = $1`, [account]);
  await expect(put).rejects.toMatchObject({ constraint: 'generation_sound' });
});

describe('filters', () => {
  let account: AccountId;
  beforeAll(async () => {
    account = await fundedAccount(100);
    const of = async (generation: string, who: object, end: 'settle' | 'refund', cost?: number) => {
      const caller = callerOf(account, { generation, ...who });
      await caller.reserve();
      if (end === 'settle') await caller.settle(undefined, cost);
      else await caller.refund();
    };
    await of('a1', { ...ADA, kind: 'summary' }, 'settle', 1);
    await of('b1', { user: 'bob', campaign: 'spring' }, 'settle');
    await of('a2', { user: 'ada', campaign: 'autumn', metadata: { team: 'sales' } }, 'refund');
    await of('none', {}, 'settle');
  });
  const found = async (filter: UsageFilter) => {
    const { entries } = await readUsage(ledger(), account, filter);
    return entries.map(({ kind, generation }) => `${kind} ${generation}`);
  };
  const A1 = ['SETTLE a1', 'RESERVE a1'];
  const A2 = ['REFUND a2', 'RESERVE a2'];
  const B1 = ['SETTLE b1', 'RESERVE b1'];

  test.each<[string, UsageFilter, string[]]>([
    ['a user', { user: 'ada' }, [...A2, ...A1]],
    ['a campaign', { campaign: 'spring' }, [...B1, ...A1]],
    ['a user and a campaign', { user: 'ada', campaign: 'autumn' }, A2],
    ['a kind of work', { work: 'summary' }, A1],
    ['a pair of metadata', { metadata: { team: 'sales' } }, [...A2, ...A1]],
    ['two pairs of metadata', { metadata: { team: 'sales', region: 'eu' } }, A1],
    ['a kind of entry', { user: 'ada', kinds: ['REFUND', 'SETTLE'] }, ['REFUND a2', 'SETTLE a1']],
    ['nobody', { user: 'eve' }, []],
  ])('GIVEN %s THEN those entries and no others, newest first', async (_, filter, expected) => {
    expect(await found(filter)).toEqual(expected);
  });

  test('GIVEN a filter and pages of one THEN each entry comes once', async () => {
    const seqs: number[] = [];
    for (let cursor: number | null | undefined; cursor !== null; ) {
      const page = await readUsage(ledger(), account, { user: 'ada', limit: 1, ...(cursor ? { cursor } : {}) });
      seqs.push(...page.entries.map(({ seq }) => seq));
      cursor = page.next;
    }
    expect(seqs).toEqual([7, 6, 3, 2]);
  });

  test('GIVEN a selection THEN the statement says what was spent on it, beside the sums of the account', async () => {
    const all = await readStatement(ledger(), account);
    expect(all).toMatchObject({ opening: 0, granted: 100, charged: 10, refunded: 3, closing: 93, selected: null });
    const ofAda = await readStatement(ledger(), account, { user: 'ada' });
    expect(ofAda).toEqual({ ...all, selected: { charged: 4, refunded: 3, spent: 1 } });
    const past = await readStatement(ledger(), account, { user: 'ada', to: new Date('2020-01-01') });
    expect(past.selected).toEqual({ charged: 0, refunded: 0, spent: 0 });
  });
});
