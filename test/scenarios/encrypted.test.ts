import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto';
import { defaultPayloadConverter, type Payload, type PayloadCodec } from '@temporalio/common';
import { temporal as proto } from '@temporalio/proto';
import { audit } from '../../ledger/audit';
import { reserve } from '../../ledger/credits';
import type { AccountId, ExecutionId, GenerationId, RunId } from '../../ledger/ids';
import { namespaceId } from '../../temporal/namespace';
import { describeRun } from '../../temporal/newest-run';
import { temporalWitness } from '../../temporal/witness';
import { startWorker } from '../../worker';
import { address, client, newAccount, onClose, until } from '../harness';
import { expectToAddUp, movesOf } from '../harness/money';
import { idOf, start } from '../harness/operators';
import { ownNamespace } from '../harness/own-namespace';

// With payloads encrypted, the sweep and the audit work as well: they need none of them.

const { Payload: PayloadMessage } = proto.api.common.v1;

/** AES-256-GCM under a key of its own; what another key has encrypted it refuses, as any such codec does. */
function codecOf(keyId: string, key = randomBytes(32)): PayloadCodec {
  const encoding = Buffer.from(`binary/encrypted-${keyId}`);
  return {
    encode: async (payloads) =>
      payloads.map((payload): Payload => {
        const iv = randomBytes(12);
        const cipher = createCipheriv('aes-256-gcm', key, iv);
        const sealed = [cipher.update(PayloadMessage.encode(payload).finish()), cipher.final()];
        return { metadata: { encoding }, data: Buffer.concat([iv, cipher.getAuthTag(), ...sealed]) };
      }),
    decode: async (payloads) =>
      payloads.map((payload): Payload => {
        const found = Buffer.from(payload.metadata?.encoding ?? []).toString();
        if (!found.startsWith('binary/encrypted')) return payload;
        if (found !== encoding.toString()) throw new Error(`Unknown encoding: ${found}`);
        const data = Buffer.from(payload.data ?? []);
        const decipher = createDecipheriv('aes-256-gcm', key, data.subarray(0, 12));
        decipher.setAuthTag(data.subarray(12, 28));
        return PayloadMessage.decode(Buffer.concat([decipher.update(data.subarray(28)), decipher.final()]));
      }),
  };
}

test('GIVEN encrypted payloads, and workflows under a key that nobody here has, WHEN some are terminated THEN the sweep refunds them, and the audit passes', async () => {
  const { env } = await ownNamespace({ MAKEGOOD_SWEEP_PERIOD_MS: '200', MAKEGOOD_LOG: 'silent' });
  const dataConverter = { payloadCodecs: [codecOf('ours')] };
  const makegood = client({ env, dataConverter });
  const worker = await startWorker({ env, dataConverter });
  onClose(() => worker.stop());
  const account = await newAccount();
  const { db, temporal } = makegood.context;
  const ours = await start(makegood, account, 'hang', 'ours');
  const memo = (await describeRun(temporal, { workflowId: ours.workflowId }))?.workflowExecutionInfo?.memo?.fields;
  expect(() => defaultPayloadConverter.fromPayload(memo?.inputHash as Payload)).toThrow(/encoding/);

  // Held by a workflow whose payloads nobody here can read. No worker takes it.
  const foreign = client({
    env: { ...env, MAKEGOOD_TASK_QUEUE: `nobody-${randomUUID()}` },
    dataConverter: { payloadCodecs: [codecOf('theirs')] },
  });
  const input = { to: address('ok'), goal: 'Ask for a date' };
  await foreign.submit({ account, id: 'theirs', kind: 'email-draft', input });
  const run = randomUUID();
  const workflowId = idOf(account, 'theirs');
  const who = { account: account as AccountId, execution: run as ExecutionId, run: run as RunId };
  await reserve(
    db,
    { ...who, generation: 'theirs' as GenerationId },
    {
      ...{ price: 1, kind: 'email-draft', label: 'Held', inputHash: 'hash', workflowId },
      namespace: await namespaceId(temporal),
    },
  );

  await temporal.workflow.getHandle(ours.workflowId).terminate();
  expect(await makegood.result(account, 'ours')).toMatchObject({ status: 'refunded', reason: 'OPERATOR_TERMINATED' });
  // The other is at work for all that is known.
  expect((await makegood.balance(account)).held).toBe(1);
  const witness = await temporalWitness(temporal);
  expect(await witness.newestRun(ours.workflowId)).toMatchObject({ status: 'TERMINATED', closedAt: expect.any(Date) });
  expect(await witness.newestRun(workflowId)).toMatchObject({ status: 'RUNNING' });

  const agree = async () => {
    const report = await audit(db, { temporal: witness, graceMs: 0 });
    expect(report.discrepancies.filter((found) => found.account === account)).toEqual([]);
    const { rows } = report.checked.find(({ name }) => name === 'reservations agree with their workflows') ?? {};
    expect(rows).toBeGreaterThan(0);
  };
  await agree();

  await temporal.workflow.getHandle(workflowId).terminate();
  await until('the refund', async () => (await makegood.balance(account)).held === 0);
  expect(await movesOf(account)).toEqual([
    'RESERVE -1 ours',
    'RESERVE -1 theirs',
    'REFUND 1 ours OPERATOR_TERMINATED',
    'REFUND 1 theirs OPERATOR_TERMINATED',
  ]);
  await expectToAddUp(account);
  await agree();
});
