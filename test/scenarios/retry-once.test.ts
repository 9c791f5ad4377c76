import { randomUUID } from 'node:crypto';
import { address, makegood, newAccount, until } from '../harness';
import { expectToAddUp, movesOf } from '../harness/money';
import { email, ended, run, scenario } from './scenario';

// A retry that names what it follows, by the refund or by an idempotency key: sent again after a lost answer, or after
// anything else, it is the same try and the same charge.

jest.setTimeout(120_000);

const refunded = (id: string, reason = 'PROVIDER_REFUSED') => [`RESERVE -1 ${id}`, `REFUND 1 ${id} ${reason}`];

/** One that was at work, and was cancelled: each retry of it is at work until that is cancelled too. */
async function stopped(account: string): Promise<{ id: string }> {
  const id = `g-${randomUUID()}`;
  await makegood().start({ account, id, ...email(address('hang')) });
  await makegood().cancel(account, id);
  await ended(account, id);
  return { id };
}

const twice = <T>(ask: () => Promise<T>) => Promise.all([ask(), ask()]);

describe.each([
  { name: 'the refund that it follows', first: { after: 1 }, next: { after: 2 } },
  { name: 'a key', first: { key: 'a retry of order 17' }, next: { key: 'the next retry of order 17' } },
])('a retry that names $name', ({ first, next }) => {
  scenario(
    'GIVEN it is sent again while the try is held, and once that is refunded THEN one try, one charge',
    async () => {
      const account = await newAccount(10);
      const { id } = await stopped(account);
      expect(await makegood().retry(account, id, first)).toMatchObject({ status: 'held', price: 1 });
      expect(await makegood().retry(account, id, first)).toMatchObject({ status: 'held', price: 1 });
      await makegood().cancel(account, id);
      expect((await ended(account, id)).end).toMatchObject({ status: 'cancelled', charged: 2, refunded: 2 });

      const answers = await twice(() => makegood().retry(account, id, first));
      for (const answer of answers) expect(answer).toMatchObject({ status: 'cancelled', charged: 2, refunded: 2 });
      const round = refunded(id, 'CANCELLED');
      expect(await movesOf(account)).toEqual([...round, ...round]);

      // The refund of that try can be followed too: that is another retry.
      expect(await makegood().retry(account, id, next)).toMatchObject({ status: 'held' });
      expect(await makegood().retry(account, id, first)).toMatchObject({ status: 'held' });
      expect(await movesOf(account)).toEqual([...round, ...round, `RESERVE -1 ${id}`]);
      await makegood().cancel(account, id);
      await ended(account, id);
      await expectToAddUp(account);
    },
  );

  scenario('GIVEN four of them at once THEN all are answered, with one charge', async () => {
    const account = await newAccount(10);
    const { id } = await run(account, address('refused'));
    const all = await Promise.all([1, 2, 3, 4].map(() => makegood().retry(account, id, first)));
    expect(all.every(({ status }) => status === 'held' || status === 'refunded')).toBe(true);
    await until('its end', async () => (await makegood().result(account, id, 30_000))?.charged === 2);
    for (let time = 0; time < 2; time++) await makegood().retry(account, id, first);
    expect(await movesOf(account)).toEqual([...refunded(id), ...refunded(id)]);
    await expectToAddUp(account);
  });

  scenario('GIVEN it succeeded WHEN it is sent again THEN it is answered with the draft', async () => {
    const account = await newAccount(10);
    const { id } = await run(account, address('second-run'));
    await makegood().retry(account, id, first);
    expect((await ended(account, id)).end).toMatchObject({ status: 'succeeded', charged: 2, refunded: 1 });
    const again = await makegood().retry(account, id, first);
    expect(again).toMatchObject({ status: 'succeeded', output: expect.anything(), charged: 2, refunded: 1 });
    await expect(makegood().retry(account, id, next)).rejects.toMatchObject({ code: 'NOT_REFUNDED' });
    expect(await makegood().balance(account)).toMatchObject({ balance: 9, held: 0 });
    await expectToAddUp(account);
  });
});

scenario(
  'GIVEN retries under two keys at once THEN one pays, the other is told, and stays turned away or follows later',
  async () => {
    const account = await newAccount(10);
    const { id } = await stopped(account);
    const keys = ['one', 'other'];
    const both = await Promise.allSettled(keys.map((key) => makegood().retry(account, id, { key })));
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const lost = both.findIndex(({ status }) => status === 'rejected');
    expect(both[lost]).toMatchObject({ reason: { code: 'NOT_REFUNDED' } });
    await expect(makegood().retry(account, id, { key: keys[lost] as string })).rejects.toMatchObject({
      code: 'NOT_REFUNDED',
    });
    expect((await makegood().describe(account, id)).record?.reservations.at(-1)?.retryKey).toBe(keys[1 - lost]);
    expect(await makegood().balance(account)).toMatchObject({ balance: 9, held: 1 });
    await makegood().cancel(account, id);
    await ended(account, id);
    await expectToAddUp(account);
  },
);

scenario('GIVEN one key for two generations and two accounts THEN each has its own retry', async () => {
  const accounts = [await newAccount(10), await newAccount(10)];
  const whose = [accounts[0], accounts[0], accounts[1]] as string[];
  const runs = await Promise.all(
    whose.map(async (account) => ({ account, ...(await run(account, address('second-run'))) })),
  );
  for (const { account, id } of runs) await makegood().retry(account, id, { key: 'the same' });
  for (const { account, id } of runs) {
    expect((await ended(account, id)).end).toMatchObject({ status: 'succeeded', charged: 2, refunded: 1 });
  }
  for (const account of accounts) await expectToAddUp(account);
});

describe('bad input', () => {
  const WRONG: [what: string, request: object, error: object][] = [
    ['a refund that there is not', { after: 2 }, { code: 'INVALID_INPUT', details: { fields: [{ field: 'after' }] } }],
    ['a refund 0', { after: 0 }, { code: 'INVALID_INPUT' }],
    ['half a refund', { after: 1.5 }, { code: 'INVALID_INPUT' }],
    ['a refund that is text', { after: '1' }, { code: 'INVALID_INPUT' }],
    ['a refund beyond all numbers', { after: 2 ** 53 }, { code: 'INVALID_INPUT' }],
    [
      'both a refund and a key',
      { after: 1, key: 'k' },
      { code: 'INVALID_INPUT', message: expect.stringMatching(/one of/) },
    ],
    ['an empty key', { key: '' }, { code: 'INVALID_INPUT' }],
    ['a key that is too long', { key: 'k'.repeat(201) }, { code: 'INVALID_INPUT' }],
    ['a key that Postgres refuses', { key: 'a\0b' }, { code: 'INVALID_INPUT' }],
    ['the input where the request belongs', { to: 'a@b.example', goal: 'x' }, { code: 'INVALID_INPUT' }],
    ['another input', { after: 1, input: { to: 'a@b.example', goal: 'x' } }, { code: 'GENERATION_CONFLICT' }],
    ['an input that is none', { key: 'k', input: 7 }, { code: 'INVALID_INPUT' }],
  ];

  scenario(
    'GIVEN a refunded generation WHEN a retry is wrong in any way THEN it says how, and nothing is written',
    async () => {
      const account = await newAccount(10);
      const { id } = await run(account, address('refused'));
      const { workflow } = await makegood().describe(account, id);
      for (const [what, request, error] of WRONG) {
        const retried = makegood().retry(account, id, request as never);
        await expect(retried.then(() => what)).rejects.toMatchObject(error);
      }
      expect(await movesOf(account)).toEqual(refunded(id));
      expect((await makegood().describe(account, id)).workflow).toEqual(workflow);
    },
  );

  scenario(
    'GIVEN a generation that is held, or delivered WHEN a refund of it is named THEN there is none',
    async () => {
      const account = await newAccount(10);
      const [held, delivered] = [`g-${randomUUID()}`, `g-${randomUUID()}`];
      await run(account, address('ok'), delivered);
      await makegood().start({ account, id: held, ...email(address('hang')) });
      for (const id of [held, delivered]) {
        for (const request of [{ after: 1 }, { key: 'k' }, {}]) {
          await expect(makegood().retry(account, id, request)).rejects.toMatchObject({ code: 'NOT_REFUNDED' });
        }
        await expect(makegood().retry(account, id, { after: 2 })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
      }
      await makegood().cancel(account, held);
      await ended(account, held);
      await expectToAddUp(account);
    },
  );
});
