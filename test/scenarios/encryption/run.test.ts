import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Makegood } from '../../../client/makegood';
import { type Stack, startStack } from '../../../dev/stack';
import { audit } from '../../../ledger/audit';
import type { AccountId } from '../../../ledger/ids';
import { readStories } from '../../../ledger/stories';
import { startServer } from '../../../server';
import { createKey } from '../../../server/api-keys';
import { temporalWitness } from '../../../temporal/witness';
import { startWorker } from '../../../worker';
import { client, onClose, until } from '../../harness';
import { history, idOf, resetTo, statusOf } from '../../harness/operators';

// A stack of its own, so that all that it has ever written lies in one folder: Postgres with its log, Temporal's database.

const key = () => randomBytes(32).toString('base64');
const [FIRST, SECOND] = [`first:${key()}`, `second:${key()}`];
const QUIET = { MAKEGOOD_SWEEP_PERIOD_MS: '200', MAKEGOOD_LOG: 'silent', MAKEGOOD_TASK_QUEUE: 'plain' };
const ENCRYPTED = { ...QUIET, MAKEGOOD_ENCRYPT_OUTPUTS: 'true', MAKEGOOD_TASK_QUEUE: 'encrypted' };

let folder: string;
let stack: Stack;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'makegood-encrypted-'));
  const { PATH, HOME, XDG_CACHE_HOME, TEMPORAL_CLI_PATH } = process.env;
  const env = { PATH, HOME, XDG_CACHE_HOME, TEMPORAL_CLI_PATH };
  stack = await startStack({ env, dataDir: folder, report: () => {} });
  onClose(async () => {
    await stack.stop();
    await rm(folder, { recursive: true, force: true });
  });
});

const word = () => `w${randomUUID().replaceAll('-', '').slice(0, 12)}`;
const opened = (settings: Record<string, string>) => client({ env: { ...stack.env, ...settings } });

async function working(settings: Record<string, string>) {
  const worker = await startWorker({ env: { ...stack.env, ...settings } });
  onClose(() => worker.stop());
  return { makegood: opened(settings), worker };
}

/** Asks for a draft about `goal` to `person`, and follows it to its end. */
const ask = (makegood: Makegood, account: string, behaviour: string, id: string, [person, goal]: readonly string[]) =>
  makegood.start({
    ...{ account, id, kind: 'email-draft' },
    input: { to: `${behaviour}+${person}@sandbox.test`, goal: `Ask about ${goal}` },
  });

/** Which of these words stand in any file of this name in the folder, or below it. */
async function wordsIn(place: string, words: readonly string[], named = /^/): Promise<string[]> {
  const files = await readdir(place, { recursive: true, withFileTypes: true });
  const found = new Set<string>();
  for (const file of files.filter((one) => one.isFile() && named.test(one.name))) {
    const bytes = await readFile(join(file.parentPath, file.name)).catch(() => Buffer.alloc(0)); // Gone meanwhile.
    for (const one of words) if (bytes.includes(one)) found.add(one);
  }
  return words.filter((one) => found.has(one));
}

const isFailedTask = ({ workflowTaskFailedEventAttributes: failed }: { workflowTaskFailedEventAttributes?: unknown }) =>
  failed !== null && failed !== undefined;

async function expectSound({ context: { db, temporal } }: Makegood, account: string) {
  const report = await audit(db, { temporal: await temporalWitness(temporal), graceMs: 0 });
  expect(report.discrepancies.filter((found) => found.account === account)).toEqual([]);
}

test('GIVEN keys, and outputs to be encrypted, WHEN all that can happen has happened THEN no word of brief, draft or recipient is in any file of Temporal or Postgres', async () => {
  const account = `t-${randomUUID()}`;
  const said = [word(), word()];
  const control = [word(), word()];
  const { makegood } = await working({ ...ENCRYPTED, MAKEGOOD_ENCRYPTION_KEYS: FIRST });
  await makegood.grant({ account, credits: 10 });

  const delivered = await ask(makegood, account, 'ok', 'delivered', said).then(() =>
    makegood.result(account, 'delivered'),
  );
  expect(delivered).toMatchObject({ status: 'succeeded', output: { subject: expect.any(String) } });
  const { subject, body } = (delivered as unknown as { output: { subject: string; body: string } }).output;
  expect(subject + body).toContain(said[1]);
  await ask(makegood, account, 'flaky-1', 'retried', said);
  expect(await makegood.result(account, 'retried')).toMatchObject({ status: 'succeeded' });
  await ask(makegood, account, 'refused', 'refused', said);
  expect(await makegood.result(account, 'refused')).toMatchObject({ status: 'refunded', reason: 'PROVIDER_REFUSED' });
  await makegood.retry(account, 'refused');
  expect(await makegood.result(account, 'refused')).toMatchObject({ status: 'refunded', charged: 2, refunded: 2 });
  await ask(makegood, account, 'hang', 'cancelled', said);
  await makegood.cancel(account, 'cancelled');
  expect(await makegood.result(account, 'cancelled')).toMatchObject({ status: 'cancelled' });
  await ask(makegood, account, 'hang', 'terminated', said);
  await makegood.context.temporal.workflow.getHandle(idOf(account, 'terminated')).terminate();
  expect(await makegood.result(account, 'terminated')).toMatchObject({ reason: 'OPERATOR_TERMINATED' });
  // What was delivered is read back, by the workflow as by the client.
  await resetTo(makegood, idOf(account, 'delivered'));
  await until('the reset', async () => (await statusOf(makegood, idOf(account, 'delivered'))) === 'COMPLETED');
  const again = await makegood.context.temporal.workflow.getHandle(idOf(account, 'delivered')).result();
  expect(again).toEqual({ subject, body });
  expect(await ask(makegood, account, 'ok', 'delivered', said)).toMatchObject({ output: { subject, body } });
  const { entries } = await makegood.usage(account);
  expect(new Set(entries.map(({ label }) => label?.split('+')[1] ?? null))).toEqual(
    new Set([null, `${said[0]}@sandbox.test`]),
  );
  expect(await makegood.balance(account)).toMatchObject({ balance: 8, held: 0 });
  const stories = await readStories(makegood.context.db, account as AccountId, ['delivered', 'refused']);
  expect([...stories.values()].map((story) => story.subject)).toEqual([subject, null]);
  await expectSound(makegood, account);

  // So that it is known what would be found.
  const plain = await working(QUIET);
  await ask(plain.makegood, account, 'ok', 'plain', control);
  await plain.makegood.result(account, 'plain');
  await ask(plain.makegood, account, 'refused', 'plainly-refused', control);
  await plain.makegood.result(account, 'plainly-refused');

  const words = [...said, ...control];
  const places = async () => {
    const inPostgres = await wordsIn(join(folder, 'postgres'), words);
    return { inPostgres, inTemporal: await wordsIn(folder, words, /^temporal\.db/) };
  };
  await until('all to be written', async () => (await places()).inTemporal.length >= control.length);
  expect(await places()).toEqual({ inPostgres: control, inTemporal: control });
  // A failure's own words are a payload, too.
  const failureOf = async (id: string) =>
    (await history(makegood, idOf(account, id))).flatMap(
      ({ activityTaskFailedEventAttributes: activity, workflowExecutionFailedEventAttributes: workflow }) =>
        (activity ?? workflow)?.failure?.message ?? [],
    );
  expect(new Set(await failureOf('refused'))).toEqual(new Set(['Encoded failure']));
  expect(await failureOf('plainly-refused')).toEqual(expect.arrayContaining([expect.stringContaining('declined')]));
});

test('GIVEN outputs under a key WHEN it is rotated THEN they are read and settled by the new ones, and erased without any', async () => {
  const account = `t-${randomUUID()}`;
  const said = [word(), word()];
  const before = await working({ ...ENCRYPTED, MAKEGOOD_TASK_QUEUE: 'before', MAKEGOOD_ENCRYPTION_KEYS: FIRST });
  await before.makegood.grant({ account, credits: 10 });
  await ask(before.makegood, account, 'ok', 'old', said);
  const old = await before.makegood.result(account, 'old');
  await ask(before.makegood, account, 'hang', 'waiting', said);
  await before.worker.stop();

  // A worker that was forgotten: it can neither go on with what is under way, nor lose or charge any credits.
  const forgotten = { ...ENCRYPTED, MAKEGOOD_TASK_QUEUE: 'before', MAKEGOOD_ENCRYPTION_KEYS: SECOND };
  const { worker } = await working(forgotten);
  await before.makegood.cancel(account, 'waiting');
  const failed = async () => (await history(before.makegood, idOf(account, 'waiting'))).some(isFailedTask);
  await until('it to have failed', failed);
  expect(await before.makegood.balance(account)).toMatchObject({ balance: 8, held: 1 });
  await worker.stop();

  const rotated = { ...ENCRYPTED, MAKEGOOD_TASK_QUEUE: 'before', MAKEGOOD_ENCRYPTION_KEYS: `${SECOND},${FIRST}` };
  const { makegood } = await working(rotated);
  expect(await makegood.result(account, 'old')).toEqual(old);
  // Begun under the old key: the worker of the new one goes on with it.
  expect(await makegood.result(account, 'waiting')).toMatchObject({ status: 'cancelled' });
  await ask(makegood, account, 'ok', 'new', said);
  await makegood.result(account, 'new');

  // Without the old key, what is under it says so, and all else is there.
  const without = opened({ ...rotated, MAKEGOOD_ENCRYPTION_KEYS: SECOND });
  const unknown = { code: 'UNKNOWN_ENCRYPTION_KEY', details: { keyId: 'first' } };
  await expect(without.result(account, 'old')).rejects.toMatchObject(unknown);
  await expect(ask(without, account, 'ok', 'old', said)).rejects.toMatchObject(unknown);
  expect(await without.result(account, 'new')).toMatchObject({ status: 'succeeded' });
  expect((await without.describe(account, 'old')).end).toMatchObject({
    output: { 'makegood/encrypted': { keyId: 'first', error: 'UNKNOWN_ENCRYPTION_KEY' } },
  });
  const http = await startServer({
    env: { ...stack.serverEnv, MAKEGOOD_LOG: 'silent', MAKEGOOD_ENCRYPTION_KEYS: SECOND },
  });
  onClose(() => http.stop());
  const { key: apiKey } = await createKey(makegood.context.operator, { name: 'test', scopes: ['read'] });
  const answer = await fetch(`${http.url}/v1/generations/old?account=${account}`, {
    headers: { Authorization: `Bearer ${apiKey}` },
  });
  expect(await answer.json()).toMatchObject({ status: 503, code: 'UNKNOWN_ENCRYPTION_KEY', keyId: 'first' });
  const { entries } = await without.usage(account);
  expect(new Set(entries.map(({ label }) => label))).toEqual(
    new Set([null, '(encrypted under the key first)', `Email to ok+${said[0]}@sandbox.test`]),
  );
  const none = opened({ ...QUIET, MAKEGOOD_TASK_QUEUE: 'before' });
  expect((await none.usage(account)).entries).toHaveLength(entries.length);
  await expectSound(none, account);
  expect(await none.erase({ account, generation: 'old' })).toMatchObject({ generations: 1 });
  expect(await none.result(account, 'old')).toMatchObject({ status: 'succeeded', output: null });
  await expectSound(none, account);
});
