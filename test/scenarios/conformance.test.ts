import { randomUUID } from 'node:crypto';
import { refund, registerNamespace, reserve, settle } from '../../ledger/credits';
import { AccountId, type ExecutionId, GenerationId, type RunId } from '../../ledger/ids';
import { reason } from '../../ledger/reasons';
import { address, client, makegood, newAccount, ownerSql, sandboxRequests, until } from '../harness';
import { expectToAddUp, movesOf } from '../harness/money';

// Names of faults that others' code for the same task has had, each tried on ours: by a customer's means alone, but
// for those who come late or twice, who are played by calls of the ledger's own functions.
const fault = test.concurrent;
jest.setTimeout(180_000);

const email = (to: string, goal = 'Thank them') => ({ kind: 'email-draft' as const, input: { to, goal } });
const newId = () => `g-${randomUUID()}`;
const asked = (to: string) => until('the provider to be asked', async () => (await sandboxRequests({ to })).count > 0);
const once = client.bind(undefined, { tries: { attempts: 1 } });

/** A generation under way, and who it is in the ledger. */
async function underWay(provider: string) {
  const account = await newAccount(10);
  const id = newId();
  const to = address(provider);
  await makegood().start({ account, id, ...email(to) });
  await asked(to);
  const { workflow } = await makegood().describe(account, id);
  const run = workflow.runId as string;
  const generationRun = {
    account: AccountId.parse(account),
    generation: GenerationId.parse(id),
    execution: run as ExecutionId,
    run: run as RunId,
  };
  const handle = makegood().context.temporal.workflow.getHandle(workflow.workflowId);
  return { account, id, to, generationRun, handle, end: () => makegood().result(account, id, 100_000) };
}

const db = () => makegood().context.db;

fault('refund committed, next step throws, fallback refunds again: the second refund moves nothing', async () => {
  const { account, id, generationRun, end } = await underWay('refused');
  await end();
  await refund(db(), generationRun, reason('WORKFLOW_FAILED'));
  expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`, `REFUND 1 ${id} PROVIDER_REFUSED`]);
  await expectToAddUp(account);
});

fault('negative price mints credits: no client has one, and nothing else names an amount', async () => {
  const account = await newAccount(10);
  for (const price of [-5, 0.5, Number.NaN]) {
    expect(() => client({ prices: { 'email-draft': price } })).toThrow(
      expect.objectContaining({ code: 'INVALID_SETTING' }),
    );
  }
  await expect(makegood().grant({ account, credits: -5 })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  const order = { account, id: newId(), ...email(address('ok')), price: -5 };
  expect(await makegood().start(order)).toMatchObject({ price: 1 });
  expect(await makegood().result(account, order.id)).toMatchObject({ status: 'succeeded', charged: 1 });
  expect(await makegood().balance(account)).toMatchObject({ balance: 9, held: 0 });
});

fault('refund without a hold: what was turned away gives nothing back', async () => {
  const account = await newAccount(1);
  const [paid, poor] = [newId(), newId()];
  await makegood().start({ account, id: paid, ...email(address('ok')) });
  await expect(makegood().start({ account, id: poor, ...email(address('ok')) })).rejects.toMatchObject({
    code: 'INSUFFICIENT_CREDITS',
  });
  await makegood().result(account, paid, 100_000);
  await expect(makegood().result(account, poor, 100_000)).rejects.toMatchObject({ code: 'UNKNOWN_GENERATION' });
  expect(await movesOf(account)).toEqual([`RESERVE -1 ${paid}`, `SETTLE -1 ${paid}`]);
  await expectToAddUp(account);
});

fault(
  'sweep and late settle use different keys: a settle that lands after terminate and sweep is not charged',
  async () => {
    const { account, id, generationRun, handle } = await underWay('hang');
    // Reserved on another Temporal, where its workflow may well be at work: here nobody knows it.
    const elsewhere = { ...generationRun, generation: GenerationId.parse(newId()) };
    const fields = { price: 1, kind: 'email-draft', label: 'Elsewhere', inputHash: 'x', workflowId: 'elsewhere' };
    const namespace = randomUUID();
    await registerNamespace(db(), namespace);
    await reserve(db(), elsewhere, { ...fields, namespace });

    await handle.terminate('an operator');
    await until('the sweep', async () => (await makegood().describe(account, id)).refunded === 1);
    expect(await settle(db(), generationRun, { subject: 'Late', body: 'Too late' })).toEqual({ outcome: 'closed' });

    expect(await movesOf(account)).toEqual([
      `RESERVE -1 ${id}`,
      `RESERVE -1 ${elsewhere.generation}`,
      `REFUND 1 ${id} OPERATOR_TERMINATED`,
    ]);
    // The sweep has been here and has left the other Temporal's reservation alone.
    expect(await makegood().balance(account)).toMatchObject({ balance: 9, held: 1 });
    await expectToAddUp(account);
  },
);

fault('sweep after a settle: what was delivered is never taken back', async () => {
  const { account, id, generationRun, end } = await underWay('ok');
  await end();
  expect(await refund(db(), generationRun, reason('OPERATOR_TERMINATED'))).toMatchObject({ outcome: 'delivered' });
  expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`, `SETTLE -1 ${id}`]);
});

fault('timeout refunded, provider finishes later: the late draft is neither charged nor delivered', async () => {
  const account = await newAccount(10);
  const [id, to] = [newId(), address('slow-6s')];
  const hasty = client({ tries: { attempts: 1, attemptTimeout: 4_000 } });
  await hasty.start({ account, id, ...email(to) });
  expect(await hasty.result(account, id, 100_000)).toMatchObject({ status: 'refunded', reason: 'PROVIDER_TIMEOUT' });
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  expect((await makegood().describe(account, id)).record).toMatchObject({ status: 'REFUNDED', output: null });
  expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`, `REFUND 1 ${id} PROVIDER_TIMEOUT`]);
});

fault('two pollers refund at once: one refund', async () => {
  const { account, id, generationRun, end } = await underWay('hang');
  const pollers = Array.from({ length: 8 }, () => refund(db(), generationRun, reason('WORKFLOW_LOST')));
  await Promise.all([...pollers, makegood().cancel(account, id)]);
  await end();
  expect((await movesOf(account)).filter((move) => move.startsWith('REFUND'))).toHaveLength(1);
  await expectToAddUp(account);
});

fault('balance and status in separate transactions: no look ever finds one without the other', async () => {
  const account = await newAccount(30);
  const ids = Array.from({ length: 20 }, newId);
  const ends = Promise.all(
    ids.map(async (id, index) => {
      await makegood().submit({ account, id, ...email(address(index % 2 ? 'ok' : 'refused')) });
      return makegood().result(account, id, 100_000);
    }),
  );
  let over = false;
  void ends.finally(() => {
    over = true;
  });
  const torn: unknown[] = [];
  let looks = 0;
  while (!over) {
    const { rows } = await ownerSql().query(
      `SELECT a.held, a.balance, 30 - count(*) FILTER (WHERE g.status <> 'REFUNDED') AS due,
         count(*) FILTER (WHERE g.status = 'RESERVED') AS open, count(*) FILTER (WHERE g.status = 'SUCCEEDED') AS drafts,
         count(g.output) AS stored
       FROM account a LEFT JOIN generation g ON g.account_id = a.id WHERE a.id = $1 GROUP BY a.id`,
      [account],
    );
    const [{ held, balance, due, open, drafts, stored }] = rows;
    if (held !== open || balance !== due || drafts !== stored) torn.push(rows[0]);
    looks++;
  }
  expect((await ends).every((end) => end !== undefined)).toBe(true);
  expect(looks).toBeGreaterThan(1);
  expect(torn).toEqual([]);
});

fault('1 credit and 2 requests at once: one is turned away, and the provider is asked once', async () => {
  const account = await newAccount(1);
  const to = address('ok');
  const patient = client({ startTimeoutMs: 60_000 });
  const start = () => patient.start({ account, id: newId(), ...email(to) });
  const both = await Promise.all(
    [start(), start()].map((one) => one.catch((error) => ({ status: error.code ?? error }))),
  );
  expect(both.map(({ status }) => status)).toContain('INSUFFICIENT_CREDITS');
  expect(both.filter(({ status }) => status === 'held' || status === 'succeeded')).toHaveLength(1);
  await until('the end', async () => (await makegood().balance(account)).held === 0);
  expect((await sandboxRequests({ to })).count).toBe(1);
  expect(await makegood().balance(account)).toMatchObject({ balance: 0, held: 0 });
});

fault('retry after refund must charge again, and a new refund must find the new hold', async () => {
  const { account, id, end } = await underWay('refused');
  await end();
  await makegood().retry(account, id);
  expect(await end()).toMatchObject({ status: 'refunded', charged: 2, refunded: 2 });
  const round = [`RESERVE -1 ${id}`, `REFUND 1 ${id} PROVIDER_REFUSED`];
  expect(await movesOf(account)).toEqual([...round, ...round]);
  await expectToAddUp(account);
});

fault('zero-cost work must not error: it goes the same way, for nothing', async () => {
  const account = await newAccount(1);
  const [good, bad] = [newId(), newId()];
  const free = client({ prices: { 'email-draft': 0 } });
  await free.start({ account, id: good, ...email(address('ok')) });
  await free.start({ account, id: bad, ...email(address('refused')) });
  expect(await free.result(account, good, 100_000)).toMatchObject({ status: 'succeeded', charged: 0 });
  expect(await free.result(account, bad, 100_000)).toMatchObject({ status: 'refunded', charged: 0, refunded: 0 });
  expect(await makegood().balance(account)).toMatchObject({ balance: 1, held: 0 });
  await expectToAddUp(account);
});

fault('cancel frees the hold, workflow then commits: what was cancelled stays uncharged', async () => {
  const { account, id, end } = await underWay('slow-2s');
  await makegood().cancel(account, id);
  expect(await end()).toMatchObject({ status: 'cancelled', charged: 1, refunded: 1 });
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  expect((await makegood().describe(account, id)).record).toMatchObject({ status: 'REFUNDED', output: null });
  expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`, `REFUND 1 ${id} CANCELLED`]);
});

fault('same key with different bodies at once: the loser writes nothing', async () => {
  const account = await newAccount(10);
  const id = newId();
  const bodies = [email(address('slow-1s'), 'One'), email(address('slow-1s'), 'Other')];
  const patient = client({ startTimeoutMs: 60_000 });
  const both = await Promise.allSettled(bodies.map((body) => patient.start({ account, id, ...body })));
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  const lost = both.findIndex(({ status }) => status === 'rejected');
  expect(both[lost]).toMatchObject({ reason: { code: 'GENERATION_CONFLICT' } });
  expect(await makegood().result(account, id, 100_000)).toMatchObject({ status: 'succeeded', charged: 1 });
  expect((await sandboxRequests({ to: bodies[lost]?.input.to as string })).count).toBe(0);
  expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`, `SETTLE -1 ${id}`]);
});

fault(
  'job row deleted, orphan hold: the row cannot be deleted, and the hold of a deleted workflow comes back',
  async () => {
    const { account, id, handle, end } = await underWay('hang');
    const row = [account, id];
    await expect(ownerSql().query('DELETE FROM generation WHERE account_id = $1 AND id = $2', row)).rejects.toThrow();
    const { temporal } = makegood().context;
    await temporal.workflowService.deleteWorkflowExecution({
      namespace: temporal.options.namespace,
      workflowExecution: { workflowId: handle.workflowId },
    });
    await until('the sweep', async () => (await makegood().balance(account)).held === 0);
    // Deleting ends a running workflow first: the sweep may see either.
    expect(await end()).toMatchObject({ status: 'refunded', charged: 1, refunded: 1 });
    await expectToAddUp(account);
  },
);

fault.each(['empty', 'garbled', 'truncated', 'nul', 'surrogate'])(
  'empty "success" and text that Postgres refuses (%s): no draft, so no charge',
  async (provider) => {
    const account = await newAccount(10);
    const id = newId();
    const strict = once();
    await strict.start({ account, id, ...email(address(provider)) });
    expect(await strict.result(account, id, 100_000)).toMatchObject({ status: 'refunded', reason: 'OUTPUT_UNUSABLE' });
    expect(await movesOf(account)).toEqual([`RESERVE -1 ${id}`, `REFUND 1 ${id} OUTPUT_UNUSABLE`]);
  },
);
