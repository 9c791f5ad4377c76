import { type GenerationFilter, readGenerations } from '../../ledger/generation-list';
import type { AccountId } from '../../ledger/ids';
import { makegood } from '../harness';
import { callerOf, fundedAccount, ledger } from '../harness/ledger';

let account: AccountId;
beforeAll(async () => {
  account = await fundedAccount(100);
  const of = (generation: string, who: object = {}) => callerOf(account, { generation, ...who });
  await of('done', { user: 'ada', campaign: 'spring', kind: 'summary', price: 5 }).reserve();
  await of('done').settle({ subject: 'Hello' }, 2);
  await of('failed', { user: 'ada' }).reserve();
  await of('failed').refund();
  await of('stopped', { metadata: { team: 'sales' } }).reserve();
  await of('stopped').refund('CANCELLED');
  await of('retried', { user: 'bob' }).reserve();
  await of('retried').refund('CANCELLED');
  await of('retried', { execution: 't2', run: 'r2', after: 1 }).reserve();
  await of('retried', { execution: 't2', run: 'r2' }).refund();
  await of('open', { user: 'ada', campaign: 'spring' }).reserve();
});

const found = async (filter: GenerationFilter) =>
  (await readGenerations(ledger(), account, filter)).generations.map(({ id }) => id);

test.each<[string, GenerationFilter, string[]]>([
  ['nothing', {}, ['open', 'retried', 'stopped', 'failed', 'done']],
  ['held', { status: 'held' }, ['open']],
  ['succeeded', { status: 'succeeded' }, ['done']],
  ['refunded', { status: 'refunded' }, ['retried', 'failed']],
  ['cancelled', { status: 'cancelled' }, ['stopped']],
  ['a kind', { kind: 'summary' }, ['done']],
  ['a user', { user: 'ada' }, ['open', 'failed', 'done']],
  ['a user and a status', { user: 'ada', status: 'refunded' }, ['failed']],
  ['a campaign', { campaign: 'spring' }, ['open', 'done']],
  ['metadata', { metadata: { team: 'sales' } }, ['stopped']],
  ['a period that is over', { to: new Date('2020-01-01') }, []],
  ['a period that goes on', { from: new Date('2020-01-01'), user: 'bob' }, ['retried']],
])('GIVEN the filter %s THEN those generations, newest first', async (_, filter, expected) => {
  expect(await found(filter)).toEqual(expected);
});

test.each([[{}], [{ user: 'ada' }]])('GIVEN pages of one and %j THEN each comes once', async (filter) => {
  const ids: string[] = [];
  for (let cursor: number | null | undefined; cursor !== null; ) {
    const page = await readGenerations(ledger(), account, { ...filter, limit: 1, ...(cursor ? { cursor } : {}) });
    ids.push(...page.generations.map(({ id }) => id));
    cursor = page.next;
  }
  expect(ids).toEqual(await found(filter));
});

test('GIVEN a generation that cost less than was held, and one that was tried twice THEN the list has what each came to', async () => {
  const { generations } = await readGenerations(ledger(), account);
  expect(generations.find(({ id }) => id === 'done')).toEqual({
    ...{ account, id: 'done', kind: 'summary', label: 'A draft', status: 'succeeded', reason: null, message: null },
    ...{ charged: 2, refunded: 0, user: 'ada', campaign: 'spring', metadata: {} },
    ...{ createdAt: expect.any(Date), erasedAt: null },
  });
  expect(generations.find(({ id }) => id === 'retried')).toMatchObject({
    ...{ status: 'refunded', reason: 'PROVIDER_UNAVAILABLE', charged: 6, refunded: 6 },
  });
});

test('GIVEN a client WHEN an account is unknown, or a filter no filter THEN it says so', async () => {
  await expect(makegood().generations('nobody-here')).rejects.toMatchObject({ code: 'UNKNOWN_ACCOUNT' });
  const wrong = makegood().generations(account, { status: 'lost' as never });
  await expect(wrong).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: expect.stringMatching(/^status: must be one of held/),
  });
  expect((await makegood().generations(account, { user: 'ada', limit: 1 })).generations).toMatchObject([
    { id: 'open' },
  ]);
});
