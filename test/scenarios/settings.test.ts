import { randomUUID } from 'node:crypto';
import type { PayloadCodec } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { startWorker } from '../../worker';
import { address, client, newAccount, onClose, sandboxRequests, stackEnv } from '../harness';
import { expectToAddUp, movesOf } from '../harness/money';

test('GIVEN a price of 0 THEN the work takes the same way, and the statement says so with zeros', async () => {
  const account = await newAccount(1);
  const free = client({ prices: { 'email-draft': 0 } });
  await free.start({ account, id: 'ok', kind: 'email-draft', input: { to: address('ok'), goal: 'Say hello' } });
  await free.start({ account, id: 'no', kind: 'email-draft', input: { to: address('refused'), goal: 'Say hello' } });

  expect(await free.result(account, 'ok', 30_000)).toMatchObject({ status: 'succeeded', charged: 0 });
  expect(await free.result(account, 'no', 30_000)).toMatchObject({ status: 'refunded', charged: 0, refunded: 0 });
  expect((await movesOf(account)).sort()).toEqual(
    ['RESERVE 0 no', 'RESERVE 0 ok', 'REFUND 0 no PROVIDER_REFUSED', 'SETTLE 0 ok'].sort(),
  );
  await expectToAddUp(account);
});

/** Stands for encryption: no byte of the payload is as it was. */
const flip = (bytes: Uint8Array) => bytes.map((byte) => byte ^ 0xff);
const codec: PayloadCodec = {
  encode: async (payloads) =>
    payloads.map((payload) => ({
      metadata: { encoding: Buffer.from('binary/flipped') },
      data: flip(temporal.api.common.v1.Payload.encode(payload).finish()),
    })),
  decode: async (payloads) =>
    payloads.map(({ data }) => temporal.api.common.v1.Payload.decode(flip(data ?? new Uint8Array()))),
};

test('GIVEN a data converter that encrypts THEN no recipient and no draft can be read in Temporal, and a retry still knows its input', async () => {
  const env = { ...stackEnv(), MAKEGOOD_TASK_QUEUE: `q-${randomUUID()}`, MAKEGOOD_LOG: 'silent' };
  const dataConverter = { payloadCodecs: [codec] };
  const worker = await startWorker({ env, dataConverter });
  onClose(() => worker.stop());
  const sealed = client({ env, dataConverter });
  const account = await newAccount(3);
  const to = address('second-run');

  await sealed.start({ account, id: 'g', kind: 'email-draft', input: { to, goal: 'Say hello' } });
  expect(await sealed.result(account, 'g', 30_000)).toMatchObject({ status: 'refunded' });
  await sealed.retry(account, 'g');
  expect(await sealed.result(account, 'g', 30_000)).toMatchObject({ status: 'succeeded' });
  expect((await sandboxRequests({ to })).count).toBe(6);

  const { workflow } = await sealed.describe(account, 'g');
  const history = await sealed.context.temporal.workflow.getHandle(workflow.workflowId).fetchHistory();
  const readable = Buffer.from(temporal.api.history.v1.History.encode(history).finish()).toString('latin1');
  expect(readable).toContain('email-draft');
  expect(readable).not.toContain('Say hello');
  expect(readable).not.toContain(to);
});
