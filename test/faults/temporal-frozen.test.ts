import { randomUUID } from 'node:crypto';
import { address, client, newAccount, onClose, stackEnv } from '../harness';
import { startTcpProxy } from '../harness/tcp-proxy';
import { email } from '../scenarios/scenario';

// A server that is frozen: it takes what it is sent, and answers nothing.

/** Longer than any test. */
const FOR_EVER_MS = 600_000;

test('GIVEN a Temporal that is frozen THEN everything that asks it ends in time, and says so', async () => {
  const [host, port] = (stackEnv().TEMPORAL_ADDRESS as string).split(':') as [string, string];
  const proxy = await startTcpProxy({ host, port: Number(port) });
  onClose(() => proxy.close());
  const env = { ...stackEnv(), TEMPORAL_ADDRESS: `127.0.0.1:${proxy.port}` };
  const own = client({ env, startTimeoutMs: 1_000 });
  const account = await newAccount(10);
  const id = `g-${randomUUID()}`;
  await own.start({ account, id, ...email(address('hang')) });
  proxy.delay(FOR_EVER_MS);

  const away = { status: 'rejected', reason: expect.objectContaining({ code: 'TEMPORAL_UNREACHABLE' }) };
  const [started, submitted, cancelled, result, described] = await Promise.allSettled([
    own.start({ account, id: 'new', ...email(address('slow-30s')) }),
    own.submit({ account, id: 'newer', ...email(address('slow-30s')) }),
    own.cancel(account, id),
    own.result(account, id, 1_000),
    own.describe(account, id),
  ]);
  // What was asked of it may be done all the same, and the ledger knows: only the answers are missing.
  expect([away, { status: 'fulfilled', value: expect.objectContaining({ status: 'held' }) }]).toContainEqual(started);
  expect(submitted).toEqual(away);
  expect(cancelled).toEqual(away);
  expect(result).toEqual({ status: 'fulfilled', value: undefined });
  expect(described).toMatchObject({ value: { record: {}, workflow: { status: 'UNKNOWN' } } });
});
