import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { AccountId } from '../../ledger/ids';
import { listRuns } from '../../temporal/delete-runs';
import { makegood, ownerSql, until } from '../harness';
import { proves } from '../harness/chain';
import { run as command, launch } from '../harness/command';
import { callerOf, fundedAccount } from '../harness/ledger';
import { wordsInPostgres, wordsInTemporal } from '../harness/words';

/** With histories, and without: those are of a Temporal that is long gone, and fill more than one batch. */
const [WITH, WITHOUT] = [12, 250];

async function largeAccount(word: string): Promise<AccountId> {
  const account = await fundedAccount(2_000);
  const made = Array.from({ length: WITHOUT }, async (_, n) => {
    const run = randomUUID();
    const caller = callerOf(account, { generation: `without-${n}-${word}`, price: 1, execution: run, run });
    await caller.reserve();
    await caller.settle({ subject: `About ${word}` });
  });
  await Promise.all(made);
  const drafted = Array.from({ length: WITH }, async (_, n) => {
    const id = `with-${n}-${word}`;
    const input = { to: `ok+${word}@sandbox.test`, goal: `Ask about ${word}` };
    await makegood().start({ account, id, kind: 'email-draft', input });
    await makegood().result(account, id);
  });
  await Promise.all(drafted);
  return account;
}

/** Looks all the time: a stage may last for some milliseconds. */
async function reach(stage: () => Promise<boolean>): Promise<void> {
  while (!(await stage())) await setImmediate();
}

test('GIVEN an erasure WHEN it is killed at every stage THEN running it again finishes it, and no word is left', async () => {
  const [since, word] = [new Date(), randomUUID().replaceAll('-', '').slice(0, 12)];
  const account = await largeAccount(word);
  const count = async (sql: string) =>
    Number((await ownerSql().query<{ n: string }>(`SELECT count(*) AS n FROM ${sql}`, [account])).rows[0]?.n);
  const histories = async () => {
    let n = 0;
    const query = `WorkflowId STARTS_WITH 'makegood/${account}/'`;
    for await (const page of listRuns(makegood().context.temporal, query)) n += page.length;
    return n;
  };
  await until('all to be listed', async () => (await histories()) === WITH);
  const erased = () => count(`generation WHERE account_id = $1 AND erased_at IS NOT NULL`);
  const replaced = () => count(`generation WHERE account_id = $1 AND id LIKE 'erased-%'`);
  const args = ['erase', account, '--pseudonymise', '--yes', '--json'];

  const stages: [string, () => Promise<boolean>][] = [
    ['the account is closed', async () => (await count('account WHERE id = $1 AND erased_at IS NOT NULL')) === 1],
    ['some generations are erased', async () => (await erased()) > 0],
    ['some histories are gone', async () => (await histories()) < WITH],
    ['some ids are replaced', async () => (await replaced()) > 0],
  ];
  for (const [stage, reached] of stages) {
    const { child, ended } = launch(args);
    const over = ended.then(({ code, stderr }) => {
      throw new Error(`ended before ${stage}: ${code} ${stderr}`);
    });
    await Promise.race([reach(reached), over]);
    child.kill('SIGKILL');
    await over.catch(() => {});
    // Whatever is done, the books stand.
    expect(await proves(account)).toBe(true);
  }

  const { code, stdout } = await command(args);
  expect(code).toBe(0);
  const now = JSON.parse(stdout) as { account: string };
  expect(now).toMatchObject({ account: expect.stringMatching(/^erased-/), generations: WITH + WITHOUT });
  expect(await wordsInPostgres([word, account])).toEqual([]);
  await until('Temporal to have deleted them', async () => {
    return (await wordsInTemporal(makegood(), [word, account], since)).length === 0;
  });
  expect(await proves(now.account)).toBe(true);
});
