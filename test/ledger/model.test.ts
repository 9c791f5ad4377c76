import fc from 'fast-check';
import { adjust, grant, registerNamespace, sweepAccount } from '../../ledger/credits';
import { LedgerRefusal } from '../../ledger/failures';
import type { AccountId } from '../../ledger/ids';
import { reason } from '../../ledger/reasons';
import { stackEnv } from '../harness';
import { callerOf, newAccountId, openLedger, TEST_NAMESPACE } from '../harness/ledger';
import { history } from './histories';
import { assertInvariants, type Snapshot, snapshotOf } from './invariants';
import { type Answer, type Command, emptyModel, linearise, type Model } from './model';

// Random histories of one account against the real ledger and a model of it. A history is a list of batches; the
// commands of a batch go out at once, as those of other histories do, so that they move together; their answers must be
// those of some order of them. Some are asked twice, as after a lost answer; some come late, from another execution, or
// from a new run (a reset); some say that they are proven, true or not.
//
// A failure prints a seed and a path. To see it again:
//   MAKEGOOD_TEST_SEED=<seed> MAKEGOOD_TEST_PATH=<path> npx jest test/ledger/model.test.ts
// MAKEGOOD_TEST_HISTORIES is how many histories there are, without a limit of time.

const number = (name: string) => (process.env[name] ? Number(process.env[name]) : undefined);
/** As many as two cores do in twenty seconds; when they are busy with other things, as many as thirty seconds allow. */
const HISTORIES = number('MAKEGOOD_TEST_HISTORIES') ?? 2_000;
const LIMIT_MS = number('MAKEGOOD_TEST_HISTORIES') ? undefined : 30_000;
const SEED = number('MAKEGOOD_TEST_SEED') ?? Date.now() % 0x7fffffff;
const PATH = process.env.MAKEGOOD_TEST_PATH;
/** Histories under way at once: enough to keep two cores busy while others wait for an answer. */
const LANES = PATH === undefined ? 8 : 1;

// Nobody stops this server in mid-test, and waiting for its disk at every commit would be most of the time.
const fast = (variable: string) => {
  const url = new URL(stackEnv()[variable] as string);
  url.searchParams.set('options', '-c synchronous_commit=off');
  return openLedger(url.href);
};
const db = fast('DATABASE_URL');
const operator = fast('MAKEGOOD_OPERATOR_DATABASE_URL');
beforeAll(() => registerNamespace(db, TEST_NAMESPACE));

/** Each answer that was heard, to see that no row of the table was missed. */
const heard = new Set<string>();

async function answerTo(account: AccountId, command: Command): Promise<Answer> {
  switch (command.do) {
    case 'grant':
      return grant(operator, account, command.amount, command.key, null);
    case 'adjust':
      return adjust(operator, account, command.amount, command.key, 'A correction.');
    case 'sweep': {
      const dead = { ...command, reason: reason('WORKFLOW_LOST') };
      return (await sweepAccount(db, account, TEST_NAMESPACE, [dead]))[0] as Answer;
    }
    case 'reserve':
      return callerOf(account, { ...command, db }).reserve();
    case 'settle':
      return callerOf(account, { ...command, db }).settle(command.output, command.cost);
    case 'refund':
      return callerOf(account, { ...command, db }).refund(command.reason);
  }
}

async function ask(account: AccountId, command: Command): Promise<{ command: Command; answer: Answer }> {
  const answer = await answerTo(account, command).catch((error): Answer => {
    if (error instanceof LedgerRefusal) return { outcome: 'refused' };
    throw error;
  });
  heard.add(`${command.do}: ${answer.outcome}`);
  return { command, answer };
}

/** Whether the rows say what the model says. */
function isAs(rows: Snapshot | undefined): (model: Model) => boolean {
  const told = JSON.stringify([
    rows?.balance ?? 0,
    rows?.held ?? 0,
    (rows?.entries ?? []).map((e) => `${e.kind} ${e.balance_delta} ${e.held_delta} ${e.balance_after}`),
    (rows?.generations ?? []).map(({ id, output }) => [id, output]),
    (rows?.reservations ?? []).map((r) => [
      ...[r.generation_id, r.execution_id, r.holder_run, r.amount, r.cost, r.state, r.reason, r.refunded_by],
    ]),
    (rows?.runs ?? []).map((run) => [run.generation_id, run.run_id, run.closed_at !== null]),
  ]);
  return ({ balance, held, entries, generations, runs }) => {
    const known = sorted(generations);
    const reservations = known.flatMap(([id, { reservations }]) =>
      reservations.map((r) => [id, r.execution, r.holder, r.amount, r.cost, r.state, r.reason, r.refundedBy]),
    );
    const called = sorted(runs).flatMap(([id, ordered]) => ordered.map(({ run, closed }) => [id, run, closed]));
    const outputs = known.map(([id, { output }]) => [id, output]);
    return told === JSON.stringify([balance, held, entries, outputs, reservations, called]);
  };
}

const sorted = <T>(by: Record<string, T>) => Object.entries(by).sort(([a], [b]) => (a < b ? -1 : 1));

const property = fc.asyncProperty(history, async (batches) => {
  const account = newAccountId();
  let model = emptyModel();
  for (const batch of batches) {
    const done = await Promise.all(
      batch.map(async ({ command, twice }) => {
        const first = await ask(account, command);
        return twice ? [first, await ask(account, command)] : [first];
      }),
    );
    const rows = await snapshotOf(account);
    if (rows) assertInvariants(rows);
    const next = linearise(model, done.flat(), isAs(rows));
    if (!next) {
      const answers = done.flat().map(({ answer }) => JSON.stringify(answer));
      throw new Error(`no order of the batch gives these answers and this state:\n${answers.join('\n')}`);
    }
    model = next;
  }
});

test(`GIVEN random histories (seed ${SEED}) WHEN they run against the ledger THEN it does what the model does, and money adds up`, async () => {
  const lane = (index: number) =>
    fc.assert(property, {
      seed: SEED + index,
      numRuns: Math.ceil(HISTORIES / LANES),
      ...(PATH === undefined ? {} : { path: PATH }),
      ...(LIMIT_MS === undefined ? {} : { interruptAfterTimeLimit: LIMIT_MS }),
    });
  // All lanes come to an end, also when one fails: the connections are closed after them.
  const lanes = await Promise.allSettled(Array.from({ length: LANES }, (_, index) => lane(index)));
  for (const ended of lanes) if (ended.status === 'rejected') throw ended.reason;

  if (HISTORIES < 500 || PATH !== undefined) return;
  // Every row of the table of the design was met, or this test proves less than it says.
  expect([...heard].sort()).toEqual([
    ...['adjust: adjusted', 'adjust: conflict', 'adjust: insufficient', 'adjust: unknown_account'],
    ...['grant: conflict', 'grant: granted'],
    ...['refund: delivered', 'refund: not_newest', 'refund: nothing_held', 'refund: refunded'],
    ...['reserve: closed', 'reserve: conflict', 'reserve: delivered', 'reserve: insufficient', 'reserve: not_newest'],
    ...['reserve: reserved', 'reserve: unknown_account'],
    ...['settle: closed', 'settle: delivered', 'settle: refused', 'settle: settled'],
    ...['sweep: nothing_held', 'sweep: refunded'],
  ]);
}, 300_000);
