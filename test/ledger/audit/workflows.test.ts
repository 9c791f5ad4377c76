import { randomUUID } from 'node:crypto';
import { Client } from '@temporalio/client';
import { type AuditOptions, audit, type WorkflowWitness } from '../../../ledger/audit';
import { grant, registerNamespace } from '../../../ledger/credits';
import type { Database } from '../../../ledger/database';
import type { AccountId } from '../../../ledger/ids';
import { temporalWitness } from '../../../temporal/witness';
import { address, makegood, newAccount, until } from '../../harness';
import { type Caller, callerOf, newAccountId } from '../../harness/ledger';
import { ownDatabase } from '../../harness/own-database';

// Reservations against their workflows. The workflows are real ones; the reservations lie in a database of this file's
// own, where no sweep mends them.

let db: Database;
let operator: Database;
let temporal: Client;
let witness: WorkflowWitness;
beforeAll(async () => {
  ({ db, operator } = await ownDatabase());
  temporal = makegood().context.temporal;
  witness = await temporalWitness(temporal);
  await registerNamespace(db, witness.namespaceId);
});

/** A reservation of this Temporal, in our database. */
async function reserved(account: AccountId = newAccountId()): Promise<{ account: AccountId; caller: Caller }> {
  await grant(operator, account, 10, 'first', null);
  const caller = callerOf(account, { db, namespace: witness.namespaceId });
  await caller.reserve();
  return { account, caller };
}

/** Its workflow, on a queue where nobody works: it runs until it is ended from outside. */
async function runningWorkflow(account: AccountId, options: { workflowRunTimeout?: '1 second' } = {}) {
  const workflowId = `makegood/${account}/g1`;
  return temporal.workflow.start('never', { workflowId, taskQueue: `nobody-${randomUUID()}`, ...options });
}

async function auditOf(account: AccountId, options: AuditOptions = {}) {
  const { discrepancies } = await audit(db, { temporal: witness, graceMs: 0, ...options });
  return discrepancies.filter((found) => found.account === account);
}

const discrepancy = (account: AccountId, message: RegExp) => ({
  name: expect.any(String),
  check: 'reservations agree with their workflows',
  account,
  generation: 'g1',
  message: expect.stringMatching(message),
});

test('GIVEN a workflow that runs WHEN audited THEN credits may be held', async () => {
  const { account } = await reserved();
  await runningWorkflow(account);
  expect(await auditOf(account)).toEqual([]);
});

test('GIVEN a terminated workflow WHEN credits are held beyond the grace THEN it is a discrepancy until they are not', async () => {
  const { account, caller } = await reserved();
  await (await runningWorkflow(account)).terminate('by the test');
  expect(await auditOf(account, { graceMs: 60_000 })).toEqual([]);
  expect(await auditOf(account)).toEqual([
    discrepancy(account, /credits are held, but the workflow is TERMINATED since 20/),
  ]);
  await caller.refund('OPERATOR_TERMINATED');
  expect(await auditOf(account)).toEqual([]);
});

test('GIVEN a terminated workflow WHEN its draft was charged before THEN it is no discrepancy', async () => {
  const { account, caller } = await reserved();
  await caller.settle();
  await (await runningWorkflow(account)).terminate('by the test');
  expect(await auditOf(account)).toEqual([]);
});

test('GIVEN a refunded generation WHEN a reset or a retry runs THEN it is no discrepancy', async () => {
  const { account, caller } = await reserved();
  await caller.refund();
  await runningWorkflow(account);
  expect(await auditOf(account)).toEqual([]);
});

test('GIVEN a workflow that timed out WHEN credits are held THEN it is a discrepancy', async () => {
  const { account } = await reserved();
  const handle = await runningWorkflow(account, { workflowRunTimeout: '1 second' });
  await until('the timeout', async () => (await handle.describe()).status.name === 'TIMED_OUT');
  expect(await auditOf(account)).toEqual([discrepancy(account, /the workflow is TIMED_OUT/)]);
});

test('GIVEN a workflow that completed WHEN its reservation is not settled THEN it is a discrepancy', async () => {
  const account = (await newAccount()) as AccountId;
  await makegood().start({ account, id: 'g1', kind: 'email-draft', input: { to: address('ok'), goal: 'Say hello' } });
  expect(await makegood().result(account, 'g1')).toMatchObject({ status: 'succeeded' });

  const { caller } = await reserved(account);
  expect(await auditOf(account)).toEqual([
    discrepancy(account, /the workflow is COMPLETED, but its reservation is RESERVED/),
  ]);
  await caller.refund();
  expect(await auditOf(account)).toEqual([discrepancy(account, /COMPLETED, but its reservation is REFUNDED/)]);
  // A later run of the same execution settles after all.
  const later = callerOf(account, { db, run: 'r2', namespace: witness.namespaceId, proven: true });
  await later.reserve();
  await later.settle();
  expect(await auditOf(account)).toEqual([]);
});

test('GIVEN a workflow that failed WHEN credits are held THEN it is a discrepancy', async () => {
  const account = (await newAccount()) as AccountId;
  await makegood().start({
    account,
    id: 'g1',
    kind: 'email-draft',
    input: { to: address('refused'), goal: 'Say hello' },
  });
  expect(await makegood().result(account, 'g1')).toMatchObject({ status: 'refunded' });
  await reserved(account);
  expect(await auditOf(account)).toEqual([discrepancy(account, /the workflow is FAILED/)]);
});

test('GIVEN no workflow at all WHEN credits are held THEN it is a discrepancy, and when none are it is unknown', async () => {
  const { account, caller } = await reserved();
  expect(await auditOf(account)).toEqual([discrepancy(account, /credits are held, but the workflow is gone/)]);
  await caller.refund();
  expect(await auditOf(account)).toEqual([]);
  const { unknown } = await audit(db, { temporal: witness });
  expect(unknown).toContainEqual(expect.stringMatching(/^Temporal no longer keeps the workflows of \d+ reservations/));
  // What was closed before the window is not asked about.
  expect((await audit(db, { temporal: witness, windowMs: -1_000 })).unknown.join()).not.toContain('no longer keeps');
});

test('GIVEN a reservation of another Temporal WHEN audited THEN nothing is said of it but that it is there', async () => {
  const account = newAccountId();
  await grant(operator, account, 10, 'first', null);
  const namespace = randomUUID();
  await registerNamespace(db, namespace);
  await callerOf(account, { db, namespace }).reserve();
  expect(await auditOf(account)).toEqual([]);
  const { unknown } = await audit(db, { temporal: witness });
  expect(unknown).toContainEqual('1 open reservations belong to another Temporal or namespace, which was not asked.');
});

test('GIVEN a workflow whose payloads nobody here can read WHEN audited THEN its state is read all the same', async () => {
  const { account } = await reserved();
  const encoding = Buffer.from('binary/encrypted');
  const payloadCodecs = [
    {
      encode: async (payloads: object[]) => payloads.map((payload) => ({ ...payload, metadata: { encoding } })),
      decode: async (payloads: object[]) => payloads,
    },
  ];
  const { namespace } = temporal.options;
  const encrypting = new Client({ connection: temporal.connection, namespace, dataConverter: { payloadCodecs } });
  const handle = await encrypting.workflow.start('never', {
    ...{ workflowId: `makegood/${account}/g1`, taskQueue: `nobody-${randomUUID()}`, args: ['secret'] },
    ...{ memo: { of: 'nobody' }, staticSummary: 'secret' },
  });
  await expect(temporal.workflow.getHandle(handle.workflowId).describe()).rejects.toThrow('encoding');
  expect(await auditOf(account)).toEqual([]);
  await handle.terminate('by the test');
  expect(await auditOf(account)).toEqual([discrepancy(account, /TERMINATED/)]);
});

test('GIVEN a retry that begins while the audit asks WHEN its hold is seen with the old run THEN no false alarm is raised', async () => {
  const { account } = await reserved();
  await (await runningWorkflow(account)).terminate('by the test');
  // A witness that tells the truth, and after whose first answer about this workflow the retry begins.
  let begun = false;
  const slow: WorkflowWitness = {
    ...witness,
    async newestRun(workflowId) {
      const run = await witness.newestRun(workflowId);
      if (!begun && workflowId === `makegood/${account}/g1`) {
        begun = true;
        await runningWorkflow(account);
      }
      return run;
    },
  };
  expect(await auditOf(account, { temporal: slow })).toEqual([]);
  expect(begun).toBe(true);
});

test('GIVEN a workflow of which Temporal does not tell WHEN audited THEN it is unknown, and the others are looked at', async () => {
  const [silent, ended] = [await reserved(), await reserved()];
  await (await runningWorkflow(ended.account)).terminate('by the test');
  const away: WorkflowWitness = {
    ...witness,
    newestRun: (id) => (id.includes(silent.account) ? Promise.reject(new Error('no answer')) : witness.newestRun(id)),
  };
  const { discrepancies, unknown } = await audit(db, { temporal: away, graceMs: 0 });
  expect(discrepancies.filter((found) => found.account === silent.account)).toEqual([]);
  expect(discrepancies).toContainEqual(discrepancy(ended.account, /TERMINATED/));
  expect(unknown).toContainEqual('Of 1 workflows nothing could be read: no answer');
});
