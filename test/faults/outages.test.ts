import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Makegood, openMakegood } from '../../client/makegood';
import { bareEnv, type Stack, startStack } from '../../dev/stack';
import { type EmbeddedTemporal, startTemporal } from '../../dev/temporal';
import { temporalBinary } from '../../dev/temporal-binary';
import { audit } from '../../ledger/audit';
import { temporalWitness } from '../../temporal/witness';
import { onClose, until } from '../harness';
import { startTcpProxy, type TcpProxy } from '../harness/tcp-proxy';
import { spawnWorker } from '../harness/worker-process';

// Servers that crash in the middle of two hundred generations. A stack of their own: the other tests' must stay up.
// Their worker reaches Temporal through a proxy, so that its way there can be cut.

jest.setTimeout(300_000);

const COUNT = 200;
const PRICE = 1;

let stack: Stack;
let temporal: EmbeddedTemporal;
let proxy: TcpProxy;
let makegood: Makegood;
let restartTemporal: () => Promise<void>;

beforeAll(async () => {
  const bare = bareEnv(process.env);
  const dataDir = await mkdtemp(join(tmpdir(), 'makegood-outages-'));
  onClose(() => rm(dataDir, { recursive: true, force: true }));
  const binary = await temporalBinary(() => {}, bare);
  const dbFile = join(dataDir, 'temporal-outages.db');
  temporal = await startTemporal({ binary, dbFile });
  onClose(() => temporal.stop());
  const [host, port] = temporal.address.split(':') as [string, string];
  const uiPort = Number(new URL(temporal.uiUrl).port);
  restartTemporal = async () => {
    await temporal.stop();
    await sleep(1_000);
    temporal = await startTemporal({ binary, dbFile, port: Number(port), uiPort });
  };
  stack = await startStack({ env: { ...bare, TEMPORAL_ADDRESS: temporal.address }, report: () => {} });
  onClose(() => stack.stop());
  proxy = await startTcpProxy({ host, port: Number(port) });
  onClose(() => proxy.close());
  makegood = openMakegood({ env: { ...bare, ...stack.env } });
  onClose(() => makegood.close());
  const worker = await spawnWorker({ ...bare, ...stack.env, TEMPORAL_ADDRESS: `127.0.0.1:${proxy.port}` });
  onClose(() => worker.stop());
});

/** Two hundred generations, half of which fail for good, with an outage when a quarter has ended. */
async function through(outage: () => Promise<void>): Promise<void> {
  const account = `outage-${randomUUID()}`;
  await makegood.grant({ account, credits: COUNT * PRICE });
  const ids = Array.from({ length: COUNT }, (_, index) => `g-${index}`);
  const email = (index: number) => ({
    kind: 'email-draft' as const,
    input: { to: `${index % 2 ? 'refused' : 'slow-300ms'}@sandbox.test`, goal: 'Thank them' },
  });
  await Promise.all(ids.map((id, index) => makegood.submit({ account, id, ...email(index) })));
  // Two hundred at once keep a starved machine busy for longer than `until` is used to.
  await until('a quarter to end', async () => (await endedOf(account)) >= COUNT / 4, 3_000);
  expect(await endedOf(account)).toBeLessThan(COUNT);
  await outage();

  const ends = await Promise.all(ids.map((id) => makegood.result(account, id)));
  expect(ends.filter((end) => end?.status === 'succeeded' && end.charged === PRICE)).toHaveLength(COUNT / 2);
  expect(ends.filter((end) => end?.status === 'refunded' && end.refunded === PRICE)).toHaveLength(COUNT / 2);
  expect(await makegood.balance(account)).toMatchObject({ balance: COUNT / 2, held: 0 });
  const { db, temporal: client } = makegood.context;
  const report = await audit(db, { temporal: await temporalWitness(client) });
  expect(report).toMatchObject({ discrepancies: [], unknown: [] });
}

const endedOf = (account: string) =>
  makegood.context.db.generation.count({ where: { accountId: account, status: { not: 'RESERVED' } } });

test('GIVEN 200 generations under way WHEN Postgres crashes and comes back THEN none is lost, all end, and the books add up', () =>
  through(async () => {
    await stack.postgres?.stop('immediate');
    await sleep(2_000);
    await stack.postgres?.start();
  }));

test('GIVEN 200 generations under way WHEN Temporal is restarted THEN none is lost, all end, and the books add up', () =>
  through(restartTemporal));

test('GIVEN 200 generations under way WHEN the worker is cut off from Temporal, and completions are lost THEN none is lost, all end, and the books add up', () =>
  through(async () => {
    for (let cut = 0; cut < 5; cut++) {
      // Temporal has heard, and the worker does not know.
      proxy.set('cut-after');
      await until('a connection to be cut', async () => proxy.cuts > 0);
    }
    proxy.set('refuse');
    await sleep(3_000);
    proxy.heal();
  }));
