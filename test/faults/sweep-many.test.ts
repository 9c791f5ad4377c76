import { randomUUID } from 'node:crypto';
import { type SweepProgress, sweepOn } from '../../activities/sweep';
import type { SweepContext } from '../../activities/sweep-page';
import { reserve } from '../../ledger/credits';
import type { AccountId, ExecutionId, GenerationId, RunId } from '../../ledger/ids';
import { namespaceId } from '../../temporal/namespace';
import { makegood, newAccount, ownerSql, until } from '../harness';
import { expectToAddUp, movesOf } from '../harness/money';
import { resetTo, start } from '../harness/operators';
import { NO_SWEEP, ownNamespace } from '../harness/own-namespace';
import { sweepNow, withService } from './sweep-now';

// Where more is open than one sweep looks at, and where others stand in its way.

jest.setTimeout(120_000);

type Own = Awaited<ReturnType<typeof ownNamespace>>;

/** A namespace with some drafts at work, in the order in which a sweep looks at them. */
async function atWork(count: number) {
  const own = await ownNamespace(NO_SWEEP);
  await own.startWorker();
  const account = await newAccount(count);
  const drafts: Awaited<ReturnType<typeof start>>[] = [];
  for (let n = 0; n < count; n++) drafts.push(await start(own.makegood, account, 'hang', `draft-${n}`));
  const workflow = (n: number) => drafts[n]?.workflowId as string;
  return {
    ...{ own, account, workflow },
    terminate: (n: number) => own.makegood.context.temporal.workflow.getHandle(workflow(n)).terminate(),
    refunds: async () => (await movesOf(account)).filter((move) => move.startsWith('REFUND')),
    cancelAll: () => Promise.all(drafts.map(({ id }) => own.makegood.cancel(account, id))),
  };
}

/** The next sweep, which looks at one open reservation in turn. */
async function sweepOne({ makegood: { context } }: Own, progress: SweepProgress, extra: Partial<SweepContext> = {}) {
  const { db, temporal } = context;
  const namespace = await namespaceId(temporal);
  const ctx = { db, temporal, namespace, graceMs: 0, heldLimitMs: 600_000, looks: 1, indexed: true, ...extra };
  return sweepOn(ctx, progress, Date.now());
}

test('GIVEN more at work than a sweep looks at WHEN one is terminated THEN the next finds it, whoever has the turn', async () => {
  const { own, terminate, refunds, cancelAll } = await atWork(4);
  await terminate(3);

  // Always the turn of the first. Visibility may be late by a moment.
  const swept = await until('the refund', async () => {
    const { report } = await sweepOne(own, {});
    return report.refunded > 0 && report;
  });

  expect(swept).toEqual({ looked: 2, running: 1, overdue: 0, refunded: 1, credits: 1, failed: 0 });
  expect(await refunds()).toEqual(['REFUND 1 draft-3 OPERATOR_TERMINATED']);
  await cancelAll();
});

test('GIVEN a draft that was reset WHEN visibility names the run that was replaced THEN its hold is not touched', async () => {
  const { own, workflow, refunds, cancelAll } = await atWork(2);
  await resetTo(own.makegood, workflow(1));

  const { report } = await until('visibility', async () => {
    const swept = await sweepOne(own, {});
    return swept.report.looked > 1 && swept;
  });

  expect(report).toMatchObject({ running: 2, refunded: 0 });
  expect(await refunds()).toEqual([]);
  await cancelAll();
});

test('GIVEN a namespace whose visibility does not answer THEN each is looked at in its turn, and what was closed is looked for again', async () => {
  const { own, terminate, refunds, cancelAll } = await atWork(4);
  await terminate(3);
  const unlisted: unknown[] = [];
  const temporal = withService(own.makegood.context.temporal, {
    listWorkflowExecutions: () => Promise.reject(new Error('no visibility here')),
  });
  const extra = { temporal, watch: { unlisted: (error: unknown) => void unlisted.push(error) } };

  let progress: SweepProgress = { closedSince: 1 };
  for (let sweeps = 0; sweeps < 4; sweeps++) {
    expect(await refunds()).toEqual([]);
    ({ progress } = await sweepOne(own, progress, extra));
    expect(progress.closedSince).toBe(1);
  }

  expect(await refunds()).toEqual(['REFUND 1 draft-3 OPERATOR_TERMINATED']);
  expect(unlisted.length).toBe(4);
  await cancelAll();
});

test('GIVEN all that is open is looked at each time THEN visibility is not asked', async () => {
  const { own, terminate, refunds, cancelAll } = await atWork(2);
  await terminate(1);
  const temporal = withService(own.makegood.context.temporal, {
    listWorkflowExecutions: () => Promise.reject(new Error('asked in vain')),
  });
  const unlisted = (error: unknown) => {
    throw error;
  };

  const { progress } = await sweepOne(own, {}, { temporal, watch: { unlisted }, ...{ looks: 3 } });

  expect(progress).toEqual({ closedSince: expect.any(Number) });
  expect(await refunds()).toEqual(['REFUND 1 draft-1 OPERATOR_TERMINATED']);
  await cancelAll();
});

/** Credits held by workflows that never were. */
async function deadHolds(own: Own, account: string, count: number): Promise<string[]> {
  const { db, temporal } = own.makegood.context;
  const namespace = await namespaceId(temporal);
  const generations = Array.from({ length: count }, (_, n) => `dead-${String(n).padStart(3, '0')}` as GenerationId);
  for (const generation of generations) {
    const run = randomUUID();
    const who = { account: account as AccountId, generation, execution: run as ExecutionId, run: run as RunId };
    const what = { price: 1, kind: 'email-draft', label: 'Dead', inputHash: 'hash', workflowId: 'gone', namespace };
    expect(await reserve(db, who, what)).toMatchObject({ outcome: 'reserved' });
  }
  return generations;
}

describe('GIVEN dead holds of several accounts', () => {
  let own: Own;
  beforeAll(async () => {
    own = await ownNamespace(NO_SWEEP);
    // A hold needs a worker that has said that it sweeps.
    await own.startWorker();
    await start(own.makegood, await newAccount(), 'ok');
  });

  test('WHEN forty are of an account that somebody has locked THEN the others are refunded while it is, and those by a later sweep', async () => {
    // The locked one comes first.
    const [locked, other] = [await newAccount(40), await newAccount(2)].sort() as [string, string];
    await makegood().grant({ account: locked, credits: 40 });
    await deadHolds(own, locked, 40);
    const [first, second] = await deadHolds(own, other, 2);
    const told: string[] = [];
    const tell = ({ account }: { account: string }) => void told.push(account);
    const somebody = await ownerSql().connect();
    await somebody.query('BEGIN');
    await somebody.query('SELECT FROM account WHERE id = $1 FOR UPDATE', [locked]);

    const report = await sweepNow(own.makegood, { watch: { refunded: tell, failed: tell } });

    expect(report).toMatchObject({ refunded: 2, failed: 40 });
    // The locked one was asked for first, and nobody has waited for it.
    expect([...new Set(told)]).toEqual([other, locked]);
    expect(await movesOf(other)).toEqual(
      expect.arrayContaining([`REFUND 1 ${first} WORKFLOW_LOST`, `REFUND 1 ${second} WORKFLOW_LOST`]),
    );
    await somebody.query('ROLLBACK');
    somebody.release();
    expect(await sweepNow(own.makegood)).toMatchObject({ refunded: 40, failed: 0 });
    for (const account of [locked, other]) await expectToAddUp(account);
  });

  test('WHEN Postgres refuses one of an account THEN the rest of it is refunded', async () => {
    const account = await newAccount(3);
    const [first, poisoned, last] = await deadHolds(own, account, 3);
    const setAmount = (amount: number) =>
      ownerSql().query('UPDATE reservation SET amount = $1 WHERE account_id = $2 AND generation_id = $3', [
        ...[amount, account, poisoned],
      ]);
    // More than the account holds.
    await setAmount(1_000);

    expect(await sweepNow(own.makegood)).toMatchObject({ refunded: 2, failed: 1 });

    expect((await movesOf(account)).slice(3)).toEqual([
      `REFUND 1 ${first} WORKFLOW_LOST`,
      `REFUND 1 ${last} WORKFLOW_LOST`,
    ]);
    await setAmount(1);
    expect(await sweepNow(own.makegood)).toMatchObject({ refunded: 1, failed: 0 });
    await expectToAddUp(account);
  });
});
