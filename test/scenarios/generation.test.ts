import { randomUUID } from 'node:crypto';
import { address, client, makegood, newAccount, sandboxRequests } from '../harness';
import { expectToAddUp, movesOf } from '../harness/money';
import { asked, email, ended, run, scenario } from './scenario';

describe('a generation', () => {
  scenario('GIVEN a good brief THEN it is charged once, for the draft', async () => {
    const account = await newAccount(10);
    const to = address('ok');
    const { id, end, workflow, attempts } = await run(account, to);

    expect(end).toMatchObject({ status: 'succeeded', charged: 1, refunded: 0, attempts: 1 });
    expect(end).toHaveProperty('output.subject', expect.stringMatching(/./));
    expect([workflow, attempts]).toEqual(['COMPLETED', []]);
    expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`, `SETTLE -1 ${id}`]);
    expect(await makegood().balance(account)).toMatchObject({ balance: 9, held: 0 });
    expect(await asked(to)).toBe(1);
    await expectToAddUp(account);
  });

  scenario(
    'GIVEN a provider that fails twice and then works THEN one charge, no refund, and both failures are listed',
    async () => {
      const account = await newAccount(10);
      const to = address('flaky-2');
      const { id, end, workflow, attempts } = await run(account, to);

      expect(end).toMatchObject({ status: 'succeeded', charged: 1, refunded: 0, attempts: 3 });
      expect(attempts).toEqual(['1 PROVIDER_UNAVAILABLE', '2 PROVIDER_UNAVAILABLE']);
      expect(workflow).toBe('COMPLETED');
      expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`, `SETTLE -1 ${id}`]);
      expect(await asked(to)).toBe(3);
      await expectToAddUp(account);
    },
  );

  scenario(
    'GIVEN a delivered draft WHEN it is asked for again under its id THEN the same draft, one charge, and the provider is not asked',
    async () => {
      const account = await newAccount(10);
      const to = address('ok');
      const { id, end } = await run(account, to);
      const again = await makegood().start({ account, id, ...email(to) });

      expect(again).toMatchObject({ status: 'succeeded', output: (end as { output: unknown }).output, charged: 1 });
      expect(await asked(to)).toBe(1);
      expect(await makegood().balance(account)).toMatchObject({ balance: 9, held: 0 });
      await expectToAddUp(account);
    },
  );

  scenario(
    'GIVEN a provider that stays down THEN after five attempts the exact amount comes back with a reason, and the workflow has failed',
    async () => {
      const account = await newAccount(10);
      const to = address('down');
      const { id, end, workflow, attempts } = await run(account, to);

      expect(end).toMatchObject({
        status: 'refunded',
        reason: 'PROVIDER_UNAVAILABLE',
        message: 'Our AI provider was unavailable; we tried 5 times.',
        charged: 1,
        refunded: 1,
        attempts: 5,
      });
      expect(workflow).toBe('FAILED');
      expect(attempts).toEqual([1, 2, 3, 4, 5].map((number) => `${number} PROVIDER_UNAVAILABLE`));
      expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`, `REFUND 1 ${id} PROVIDER_UNAVAILABLE`]);
      expect(await makegood().balance(account)).toMatchObject({ balance: 10, held: 0 });
      await expectToAddUp(account);
    },
  );

  scenario.each([
    ['stalled', 'PROVIDER_TIMEOUT', 'Our AI provider did not answer in time; we tried 2 times.'],
    ['cut', 'PROVIDER_UNAVAILABLE', 'Our AI provider was unavailable; we tried 2 times.'],
  ])(
    'GIVEN a provider whose answer ends in its middle (%s) THEN that is its failure, not ours',
    async (behaviour, reason, message) => {
      const account = await newAccount(10);
      const impatient = client({ tries: { attempts: 2, attemptTimeout: 2_000 } });
      const id = `g-${randomUUID()}`;
      await impatient.start({ account, id, ...email(address(behaviour)) });
      const { end, attempts } = await ended(account, id);

      expect(end).toMatchObject({ status: 'refunded', reason, message, charged: 1, refunded: 1 });
      expect(attempts).toEqual([`1 ${reason}`, `2 ${reason}`]);
      await expectToAddUp(account);
    },
  );

  scenario('GIVEN a provider that declines THEN no further attempt is made and the credits come back', async () => {
    const account = await newAccount(10);
    const to = address('refused');
    const { id, end, workflow } = await run(account, to);

    expect(end).toMatchObject({ status: 'refunded', reason: 'PROVIDER_REFUSED', attempts: 1 });
    expect(workflow).toBe('FAILED');
    expect(await asked(to)).toBe(1);
    expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`, `REFUND 1 ${id} PROVIDER_REFUSED`]);
    await expectToAddUp(account);
  });

  scenario.each(['empty', 'garbled', 'nul', 'surrogate'])(
    'GIVEN a draft that is %s THEN nothing was delivered, so the credits come back',
    async (behaviour) => {
      const account = await newAccount(10);
      const { id, end } = await run(account, address(behaviour));

      expect(end).toMatchObject({ status: 'refunded', reason: 'OUTPUT_UNUSABLE', charged: 1, refunded: 1 });
      expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`, `REFUND 1 ${id} OUTPUT_UNUSABLE`]);
      await expectToAddUp(account);
    },
  );

  scenario.each([
    'badrequest PROVIDER_REJECTED_REQUEST',
    'unauthorized PROVIDER_ACCOUNT',
    'quota PROVIDER_ACCOUNT',
    'filtered PROVIDER_REFUSED',
  ])(
    'GIVEN an answer that no further attempt can change (%s) THEN one attempt, and the credits come back',
    async (row) => {
      const [behaviour = '', reason] = row.split(' ');
      const account = await newAccount(10);
      const to = address(behaviour);
      const { end } = await run(account, to);

      expect(end).toMatchObject({ status: 'refunded', reason, charged: 1, refunded: 1, attempts: 1 });
      expect(await asked(to)).toBe(1);
      await expectToAddUp(account);
    },
  );

  scenario(
    'GIVEN a provider that is busy and says when to come back THEN it is asked again then, and charged once',
    async () => {
      const account = await newAccount(10);
      const to = address('ratelimited-1');
      const { end, attempts } = await run(account, to);

      expect(end).toMatchObject({ status: 'succeeded', charged: 1, refunded: 0, attempts: 2 });
      expect(attempts).toEqual(['1 PROVIDER_RATE_LIMITED']);
      const [first, second] = (await sandboxRequests({ to })).requests.map(({ at }) => Date.parse(at));
      // The sandbox asks for one second; our own first delay would be half of that.
      expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(1_000);
      await expectToAddUp(account);
    },
  );
});
