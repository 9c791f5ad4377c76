import { randomUUID } from 'node:crypto';
import { address, makegood, newAccount, ownQueue } from '../harness';
import { expectToAddUp, movesOf } from '../harness/money';
import { asked, email, ended, run, scenario } from './scenario';

describe('a balance', () => {
  scenario(
    'GIVEN it is too short THEN the start is refused with balance and price, and nothing is written or asked',
    async () => {
      const account = await newAccount(1);
      await run(account, address('ok'));
      const before = await movesOf(account);
      const to = address('ok');
      const id = `g-${randomUUID()}`;

      await expect(makegood().start({ account, id, ...email(to) })).rejects.toMatchObject({
        code: 'INSUFFICIENT_CREDITS',
        balance: 0,
        price: 1,
      });
      await expect(makegood().result(account, id, 10_000)).rejects.toMatchObject({ code: 'UNKNOWN_GENERATION' });
      expect(await movesOf(account)).toEqual(before);
      expect(await asked(to)).toBe(0);
      await expectToAddUp(account);
    },
  );

  scenario('GIVEN a refusal WHEN credits have come THEN the same id runs', async () => {
    const account = await newAccount(1);
    await run(account, address('ok'));
    const id = `g-${randomUUID()}`;
    const to = address('ok');
    await expect(makegood().start({ account, id, ...email(to) })).rejects.toMatchObject({
      code: 'INSUFFICIENT_CREDITS',
    });
    await makegood().grant({ account, credits: 1 });

    expect(await makegood().start({ account, id, ...email(to) })).toMatchObject({
      status: 'held',
      balance: 0,
      held: 1,
    });
    expect(await makegood().result(account, id, 30_000)).toMatchObject({ status: 'succeeded' });
    await expectToAddUp(account);
  });

  scenario('GIVEN one credit WHEN two generations start at once THEN exactly one runs', async () => {
    const account = await newAccount(1);
    const recipients = [address('ok'), address('ok')];
    const starts = await Promise.allSettled(
      recipients.map((to, index) => makegood().start({ account, id: `g${index}`, ...email(to) })),
    );

    expect(starts.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const winner = starts.findIndex(({ status }) => status === 'fulfilled');
    await makegood().result(account, `g${winner}`, 30_000);
    expect((await asked(recipients[0] as string)) + (await asked(recipients[1] as string))).toBe(1);
    expect(await makegood().balance(account)).toMatchObject({ balance: 0, held: 0 });
    await expectToAddUp(account);
  });

  scenario('GIVEN no such account THEN the start is refused', async () => {
    await expect(
      makegood().start({ account: `nobody-${randomUUID()}`, id: 'g', ...email(address('ok')) }),
    ).rejects.toMatchObject({ code: 'UNKNOWN_ACCOUNT' });
  });
});

describe('a retry by the customer', () => {
  scenario('GIVEN a refunded generation WHEN it is retried and succeeds THEN −, +, −: one net charge', async () => {
    const account = await newAccount(10);
    const { id, end } = await run(account, address('second-run'));
    expect(end).toMatchObject({ status: 'refunded' });

    expect(await makegood().retry(account, id)).toMatchObject({ status: 'held' });
    const second = await ended(account, id);
    expect(second.end).toMatchObject({ status: 'succeeded', charged: 2, refunded: 1 });
    expect(second.workflow).toBe('COMPLETED');
    expect(await movesOf(account)).toEqual([
      `RESERVE -1 ${id}`,
      `REFUND 1 ${id} PROVIDER_UNAVAILABLE`,
      `RESERVE -1 ${id}`,
      `SETTLE -1 ${id}`,
    ]);
    expect(await makegood().balance(account)).toMatchObject({ balance: 9, held: 0 });
    await expectToAddUp(account);
  });

  scenario(
    'GIVEN a refunded generation WHEN it is retried and fails again THEN two charges and two refunds',
    async () => {
      const account = await newAccount(10);
      const { id } = await run(account, address('refused'));
      await makegood().retry(account, id);
      const { end } = await ended(account, id);

      expect(end).toMatchObject({ status: 'refunded', charged: 2, refunded: 2 });
      expect(await movesOf(account)).toHaveLength(4);
      expect(await makegood().balance(account)).toMatchObject({ balance: 10, held: 0 });
      await expectToAddUp(account);
    },
  );

  scenario('GIVEN a delivered draft THEN it cannot be retried', async () => {
    const account = await newAccount(10);
    const { id } = await run(account, address('ok'));
    await expect(makegood().retry(account, id)).rejects.toMatchObject({ code: 'NOT_REFUNDED' });
    await expectToAddUp(account);
  });

  scenario('GIVEN a refund WHEN two retries come at once THEN it is charged once', async () => {
    const account = await newAccount(10);
    const { id } = await run(account, address('second-run'));
    const retries = await Promise.allSettled([makegood().retry(account, id), makegood().retry(account, id)]);
    expect(retries.some(({ status }) => status === 'fulfilled')).toBe(true);
    const { end } = await ended(account, id);

    expect(end).toMatchObject({ status: 'succeeded', charged: 2, refunded: 1 });
    await expectToAddUp(account);
  });
});

describe('a start without a worker', () => {
  scenario('GIVEN none runs THEN the start is pending, and runs when one comes', async () => {
    const account = await newAccount(10);
    const queue = ownQueue();
    const patient = queue.makegood;
    const quick = await patient.submit({ account, id: 'submitted', ...email(address('ok')) });
    expect(quick).toEqual({ status: 'pending' });
    expect(await patient.start({ account, id: 'waited', ...email(address('ok')) })).toMatchObject({
      status: 'pending',
    });
    expect(await movesOf(account)).toEqual([]);

    const worker = await queue.startWorker();
    for (const id of ['submitted', 'waited']) {
      expect(await patient.result(account, id, 45_000)).toMatchObject({ status: 'succeeded', charged: 1 });
    }
    await worker.stop();
    await expectToAddUp(account);
  });
});
