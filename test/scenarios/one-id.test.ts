import { randomUUID } from 'node:crypto';
import { address, makegood, newAccount, sandboxRequests, until } from '../harness';
import { expectToAddUp, movesOf } from '../harness/money';
import { asked, email, ended, run, scenario } from './scenario';

describe('one id', () => {
  scenario(
    'GIVEN another input under it THEN a conflict, whatever state the first is in, and the loser writes nothing',
    async () => {
      const account = await newAccount(10);
      const running = `g-${randomUUID()}`;
      await makegood().start({ account, id: running, ...email(address('hang')) });
      const { id: succeeded } = await run(account, address('ok'));
      const { id: refunded } = await run(account, address('refused'));
      const before = await movesOf(account);

      for (const id of [running, succeeded, refunded]) {
        const loser = address('ok');
        await expect(makegood().start({ account, id, ...email(loser) })).rejects.toMatchObject({
          code: 'GENERATION_CONFLICT',
        });
        expect(await asked(loser)).toBe(0);
      }
      expect(await movesOf(account)).toEqual(before);
      await makegood().cancel(account, running);
      await makegood().result(account, running, 30_000);
      await expectToAddUp(account);
    },
  );

  scenario('GIVEN two starts at once with the same input THEN both are answered and it is charged once', async () => {
    const account = await newAccount(10);
    const to = address('slow-300ms');
    const starts = await Promise.all([1, 2, 3, 4].map(() => makegood().start({ account, id: 'same', ...email(to) })));

    expect(starts.map(({ status }) => status)).toEqual(['held', 'held', 'held', 'held']);
    expect(await makegood().result(account, 'same', 30_000)).toMatchObject({ status: 'succeeded', charged: 1 });
    expect(await asked(to)).toBe(1);
    await expectToAddUp(account);
  });

  scenario('GIVEN two starts at once with other inputs THEN one wins and the other is a conflict', async () => {
    const account = await newAccount(10);
    const starts = await Promise.allSettled(
      [address('ok'), address('ok')].map((to) => makegood().start({ account, id: 'same', ...email(to) })),
    );
    const refused = starts.filter((start) => start.status === 'rejected');
    expect(refused).toMatchObject([{ reason: { code: 'GENERATION_CONFLICT' } }]);
    await makegood().result(account, 'same', 30_000);
    expect(await makegood().balance(account)).toMatchObject({ balance: 9, held: 0 });
    await expectToAddUp(account);
  });

  scenario(
    'GIVEN a refunded, a cancelled or a running one WHEN started again THEN it is answered as it stands, and never bought twice',
    async () => {
      const account = await newAccount(10);
      const { id: refunded } = await run(account, address('refused'));
      const declined = (await makegood().describe(account, refunded)).record?.label?.replace('Email to ', '') as string;
      expect(await makegood().start({ account, id: refunded, ...email(declined) })).toMatchObject({
        status: 'refunded',
      });

      const to = address('hang');
      await makegood().start({ account, id: 'c', ...email(to) });
      expect(await makegood().start({ account, id: 'c', ...email(to) })).toMatchObject({ status: 'held', price: 1 });
      await makegood().cancel(account, 'c');
      expect(await makegood().result(account, 'c', 30_000)).toMatchObject({ status: 'cancelled' });
      expect(await makegood().start({ account, id: 'c', ...email(to) })).toMatchObject({ status: 'cancelled' });
      expect(await makegood().balance(account)).toMatchObject({ balance: 10, held: 0 });
      await expectToAddUp(account);
    },
  );
});

describe('a cancellation', () => {
  scenario(
    'GIVEN a draft under way WHEN it is cancelled THEN the provider’s request is aborted, the credits come back, the workflow is cancelled',
    async () => {
      const account = await newAccount(10);
      const to = address('hang');
      await makegood().start({ account, id: 'c', ...email(to) });
      await until('the provider to be asked', async () => (await asked(to)) > 0);
      await makegood().cancel(account, 'c');
      const { end, workflow } = await ended(account, 'c');

      expect(end).toMatchObject({ status: 'cancelled', reason: 'CANCELLED', charged: 1, refunded: 1 });
      expect(workflow).toBe('CANCELLED');
      expect(await movesOf(account)).toEqual(['RESERVE -1 c', 'REFUND 1 c CANCELLED']);
      await until('the request to be aborted', async () => (await sandboxRequests({ to })).aborted === 1);
      await expectToAddUp(account);
    },
  );

  scenario('GIVEN a delivered draft WHEN it is cancelled THEN nothing is clawed back', async () => {
    const account = await newAccount(10);
    const { id } = await run(account, address('ok'));
    await makegood().cancel(account, id);
    expect(await makegood().balance(account)).toMatchObject({ balance: 9, held: 0 });
    await expect(makegood().cancel(account, 'unknown')).rejects.toMatchObject({ code: 'UNKNOWN_GENERATION' });
    await expectToAddUp(account);
  });
});
