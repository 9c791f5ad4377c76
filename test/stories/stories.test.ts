import { randomUUID } from 'node:crypto';
import type { EmailBrief } from '../../kinds/email-draft';
import { address, makegood, newAccount, ownQueue, sandboxRequests, until } from '../harness';
import { expectToAddUp, movesOf } from '../harness/money';

// What customers pay for, told as stories on the real stack: each looks at the balance, the statement, the
// generation, its workflow and its attempts, and at what the provider was really asked.

/** Stories wait for providers, not for the processor: they run side by side. */
const story = test.concurrent;

const email = (to: string, goal = 'Thank them for their order'): { kind: 'email-draft'; input: EmailBrief } => ({
  kind: 'email-draft',
  input: { to, goal },
});

/** Starts a generation and waits for its end. */
async function run(account: string, to: string, id = `g-${randomUUID()}`) {
  await makegood().start({ account, id, ...email(to) });
  return ended(account, id);
}

async function ended(account: string, id: string) {
  const end = await makegood().result(account, id, 45_000);
  const { workflow, record } = await makegood().describe(account, id);
  return {
    id,
    end,
    workflow: workflow.status,
    attempts: record?.attempts.map(({ number, reason }) => `${number} ${reason}`),
  };
}

const asked = async (to: string) => (await sandboxRequests({ to })).count;

describe('a generation', () => {
  story('GIVEN a good brief THEN it is charged once, for the draft', async () => {
    const account = await newAccount(10);
    const to = address('ok');
    const { id, end, workflow, attempts } = await run(account, to);

    expect(end).toMatchObject({ status: 'succeeded', charged: 1, refunded: 0, attempts: 1 });
    expect(end).toHaveProperty('draft.subject', expect.stringMatching(/./));
    expect([workflow, attempts]).toEqual(['COMPLETED', []]);
    expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`, `SETTLE -1 ${id}`]);
    expect(await makegood().balance(account)).toMatchObject({ balance: 9, held: 0 });
    expect(await asked(to)).toBe(1);
    await expectToAddUp(account);
  });

  story(
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

  story(
    'GIVEN a delivered draft WHEN it is asked for again under its id THEN the same draft, one charge, and the provider is not asked',
    async () => {
      const account = await newAccount(10);
      const to = address('ok');
      const { id, end } = await run(account, to);
      const again = await makegood().start({ account, id, ...email(to) });

      expect(again).toMatchObject({ status: 'succeeded', draft: (end as { draft: unknown }).draft, charged: 1 });
      expect(await asked(to)).toBe(1);
      expect(await makegood().balance(account)).toMatchObject({ balance: 9, held: 0 });
      await expectToAddUp(account);
    },
  );

  story(
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

  story('GIVEN a provider that declines THEN no further attempt is made and the credits come back', async () => {
    const account = await newAccount(10);
    const to = address('refused');
    const { id, end, workflow } = await run(account, to);

    expect(end).toMatchObject({ status: 'refunded', reason: 'PROVIDER_REFUSED', attempts: 1 });
    expect(workflow).toBe('FAILED');
    expect(await asked(to)).toBe(1);
    expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`, `REFUND 1 ${id} PROVIDER_REFUSED`]);
    await expectToAddUp(account);
  });

  story.each(['empty', 'garbled', 'nul', 'surrogate'])(
    'GIVEN a draft that is %s THEN nothing was delivered, so the credits come back',
    async (behaviour) => {
      const account = await newAccount(10);
      const { id, end } = await run(account, address(behaviour));

      expect(end).toMatchObject({ status: 'refunded', reason: 'DRAFT_UNUSABLE', charged: 1, refunded: 1 });
      expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`, `REFUND 1 ${id} DRAFT_UNUSABLE`]);
      await expectToAddUp(account);
    },
  );

  story.each([
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

  story(
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

describe('a balance', () => {
  story(
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
      expect(await makegood().result(account, id, 10_000)).toMatchObject({
        status: 'rejected',
        charged: 0,
        refunded: 0,
      });
      expect(await movesOf(account)).toEqual(before);
      expect(await asked(to)).toBe(0);
      await expectToAddUp(account);
    },
  );

  story('GIVEN a refusal WHEN credits have come THEN the same id runs', async () => {
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

  story('GIVEN one credit WHEN two generations start at once THEN exactly one runs', async () => {
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

  story('GIVEN no such account THEN the start is refused', async () => {
    await expect(
      makegood().start({ account: `nobody-${randomUUID()}`, id: 'g', ...email(address('ok')) }),
    ).rejects.toMatchObject({ code: 'UNKNOWN_ACCOUNT' });
  });
});

describe('a retry by the customer', () => {
  story('GIVEN a refunded generation WHEN it is retried and succeeds THEN −, +, −: one net charge', async () => {
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

  story('GIVEN a refunded generation WHEN it is retried and fails again THEN two charges and two refunds', async () => {
    const account = await newAccount(10);
    const { id } = await run(account, address('refused'));
    await makegood().retry(account, id);
    const { end } = await ended(account, id);

    expect(end).toMatchObject({ status: 'refunded', charged: 2, refunded: 2 });
    expect(await movesOf(account)).toHaveLength(4);
    expect(await makegood().balance(account)).toMatchObject({ balance: 10, held: 0 });
    await expectToAddUp(account);
  });

  story('GIVEN a delivered draft THEN it cannot be retried', async () => {
    const account = await newAccount(10);
    const { id } = await run(account, address('ok'));
    await expect(makegood().retry(account, id)).rejects.toMatchObject({ code: 'NOT_REFUNDED' });
    await expectToAddUp(account);
  });

  story('GIVEN a refund WHEN two retries come at once THEN it is charged once', async () => {
    const account = await newAccount(10);
    const { id } = await run(account, address('second-run'));
    const retries = await Promise.allSettled([makegood().retry(account, id), makegood().retry(account, id)]);
    expect(retries.some(({ status }) => status === 'fulfilled')).toBe(true);
    const { end } = await ended(account, id);

    expect(end).toMatchObject({ status: 'succeeded', charged: 2, refunded: 1 });
    await expectToAddUp(account);
  });
});

describe('one id', () => {
  story(
    'GIVEN another input under it THEN a conflict, whatever state the first is in, and the loser writes nothing',
    async () => {
      const account = await newAccount(10);
      const running = `g-${randomUUID()}`;
      await makegood().start({ account, id: running, ...email(address('slow-2s')) });
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
      await makegood().result(account, running, 30_000);
      await expectToAddUp(account);
    },
  );

  story('GIVEN two starts at once with the same input THEN both are answered and it is charged once', async () => {
    const account = await newAccount(10);
    const to = address('slow-300ms');
    const starts = await Promise.all([1, 2, 3, 4].map(() => makegood().start({ account, id: 'same', ...email(to) })));

    expect(starts.map(({ status }) => status)).toEqual(['held', 'held', 'held', 'held']);
    expect(await makegood().result(account, 'same', 30_000)).toMatchObject({ status: 'succeeded', charged: 1 });
    expect(await asked(to)).toBe(1);
    await expectToAddUp(account);
  });

  story('GIVEN two starts at once with other inputs THEN one wins and the other is a conflict', async () => {
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

  story(
    'GIVEN a refunded, a cancelled or a running one WHEN started again THEN it is answered as it stands, and never bought twice',
    async () => {
      const account = await newAccount(10);
      const { id: refunded } = await run(account, address('refused'));
      const declined = (await makegood().describe(account, refunded)).record?.label.replace('Email to ', '') as string;
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
  story(
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

  story('GIVEN a delivered draft WHEN it is cancelled THEN nothing is clawed back', async () => {
    const account = await newAccount(10);
    const { id } = await run(account, address('ok'));
    await makegood().cancel(account, id);
    expect(await makegood().balance(account)).toMatchObject({ balance: 9, held: 0 });
    await expect(makegood().cancel(account, 'unknown')).rejects.toMatchObject({ code: 'UNKNOWN_GENERATION' });
    await expectToAddUp(account);
  });
});

describe('a start without a worker', () => {
  story('GIVEN none runs THEN the start is pending, and runs when one comes', async () => {
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
