import { adjust, grant } from '../../ledger/credits';
import {
  eraseAccountTexts,
  eraseGenerations,
  pseudonymiseAccount,
  pseudonymiseGenerations,
} from '../../ledger/erasure';
import type { AccountId, GenerationId } from '../../ledger/ids';
import { ownerSql } from '../harness';
import { entriesOf, proves } from '../harness/chain';
import { callerOf, fundedAccount, moneyOf, operatorLedger, withoutAMove } from '../harness/ledger';

const g = (id: string) => id as GenerationId;

/** Delivered, refunded, refunded and delivered after a retry; granted and adjusted with words. */
async function busyAccount(): Promise<AccountId> {
  const account = await fundedAccount(20);
  await grant(operatorLedger(), account, 5, 'ada@example.com-1', 'For Ada');
  await adjust(operatorLedger(), account, -2, 'ada@example.com-2', 'Ada asked twice');
  const done = callerOf(account, { generation: 'done' });
  await done.reserve();
  await done.settle({ subject: 'Dear Ada' });
  const failed = callerOf(account, { generation: 'failed' });
  await failed.reserve();
  await failed.refund();
  const twice = { generation: 'twice' };
  await callerOf(account, twice).reserve();
  await callerOf(account, twice).refund();
  const retry = callerOf(account, { ...twice, execution: 't2', run: 'r2', after: 1 });
  await retry.reserve();
  await retry.settle({ subject: 'Ada, again' });
  return account;
}

const ALL = ['done', 'failed', 'twice'].map(g);

test('GIVEN generations WHEN they are erased THEN their texts are gone, and entries, balance and chain stay as they were', async () => {
  const account = await busyAccount();
  const [before, money] = [await entriesOf(account), (await moneyOf(account)).balance];
  expect(await eraseGenerations(operatorLedger(), account, ALL)).toEqual({ outcome: 'erased' });
  expect(await entriesOf(account)).toEqual(before);
  expect((await moneyOf(account)).balance).toBe(money);
  expect(await proves(account)).toBe(true);
  const { rows } = await ownerSql().query(
    `SELECT label, input_hash, output, salt FROM generation WHERE account_id = $1 AND erased_at IS NOT NULL`,
    [account],
  );
  expect(rows).toEqual(Array(3).fill({ label: null, input_hash: null, output: null, salt: null }));
});

test('GIVEN an account WHEN it and its generations are erased and get pseudonyms THEN the chain proves under the new ids', async () => {
  const account = await busyAccount();
  const before = await entriesOf(account);
  await eraseAccountTexts(operatorLedger(), account);
  await eraseGenerations(operatorLedger(), account, ALL);
  const ids = await pseudonymiseGenerations(operatorLedger(), account, ALL);
  expect(ids).toEqual(ALL.map(() => expect.stringMatching(/^erased-[0-9a-f-]{36}$/)));
  const pseudonym = (await pseudonymiseAccount(operatorLedger(), account)) as AccountId;
  expect(pseudonym).toMatch(/^erased-/);
  expect(await entriesOf(account)).toEqual([]);
  expect(await entriesOf(pseudonym)).toEqual(before);
  expect(await proves(pseudonym)).toBe(true);
  const { rows } = await ownerSql().query(`SELECT workflow_id FROM generation WHERE account_id = $1`, [pseudonym]);
  expect(rows.map((row) => row.workflow_id).sort()).toEqual(ids.map((id) => `makegood/${pseudonym}/${id}`).sort());
});

test('GIVEN what is erased WHEN it is erased again THEN the answer is the same, and nothing changes', async () => {
  const account = await busyAccount();
  const erase = async () => [
    await eraseAccountTexts(operatorLedger(), account),
    await eraseGenerations(operatorLedger(), account, ALL),
    await pseudonymiseGenerations(operatorLedger(), account, ALL),
  ];
  const [closed, erased] = await erase();
  const dump = async () =>
    (
      await ownerSql().query(
        `SELECT entry::text, gen::text, acc::text FROM ledger_entry AS entry JOIN account AS acc ON acc.id = account_id
           LEFT JOIN generation AS gen ON gen.account_id = acc.id AND gen.id = generation_id WHERE acc.id = $1 ORDER BY seq`,
        [account],
      )
    ).rows;
  const before = await dump();
  expect(await eraseAccountTexts(operatorLedger(), account)).toEqual(closed);
  const { rows } = await ownerSql().query(`SELECT id FROM generation WHERE account_id = $1`, [account]);
  const ids = rows.map(({ id }) => id as GenerationId);
  expect(await eraseGenerations(operatorLedger(), account, ids)).toEqual(erased);
  expect(await pseudonymiseGenerations(operatorLedger(), account, ids)).toEqual(ids);
  expect(await dump()).toEqual(before);
});

test('GIVEN an open reservation WHEN its generation or account is erased THEN it is refused, and nothing is erased', async () => {
  const account = await busyAccount();
  await callerOf(account, { generation: 'open' }).reserve();
  const held = { outcome: 'held', generation: 'open' };
  expect(await eraseGenerations(operatorLedger(), account, [...ALL, g('open')])).toEqual(held);
  expect(await eraseAccountTexts(operatorLedger(), account)).toEqual(held);
  const { rows } = await ownerSql().query(
    `SELECT FROM account JOIN generation ON account_id = account.id
      WHERE account.id = $1 AND (account.erased_at IS NOT NULL OR generation.erased_at IS NOT NULL)`,
    [account],
  );
  expect(rows).toEqual([]);
  expect(await eraseGenerations(operatorLedger(), account, [g('none')])).toEqual({ outcome: 'unknown_generation' });
  expect(await eraseAccountTexts(operatorLedger(), 'nobody' as AccountId)).toEqual({ outcome: 'unknown_account' });
});

test('GIVEN what is erased WHEN it is started, granted or adjusted THEN each is refused, and nothing moves', async () => {
  const account = await busyAccount();
  await eraseGenerations(operatorLedger(), account, [g('failed')]);
  const again = { generation: 'failed', execution: 't9', run: 'r9' };
  for (const who of [again, { ...again, after: 1 }, { ...again, after: 1, proven: true }]) {
    const answer = await withoutAMove(account, () => callerOf(account, who).reserve());
    expect(answer).toEqual({ outcome: 'generation_erased' });
  }
  await eraseAccountTexts(operatorLedger(), account);
  await withoutAMove(account, async () => {
    const refused = { outcome: 'account_erased' };
    expect(await grant(operatorLedger(), account, 5, 'k9', null)).toEqual(refused);
    expect(await grant(operatorLedger(), account, 5, 'ada@example.com-1', 'For Ada')).toEqual(refused);
    expect(await adjust(operatorLedger(), account, 5, 'k9', 'More')).toEqual(refused);
    // Alone, and among others in one statement.
    expect(await callerOf(account, { generation: 'new' }).reserve()).toEqual(refused);
    const together = ['a', 'b', 'c', 'd'].map((generation) => callerOf(account, { generation }).reserve());
    expect(await Promise.all(together)).toEqual(Array(4).fill(refused));
  });
});

test('GIVEN an account that is not erased whole THEN its id is not replaced', async () => {
  const account = await busyAccount();
  expect(await pseudonymiseAccount(operatorLedger(), account)).toBeNull();
  expect(await pseudonymiseGenerations(operatorLedger(), account, ALL)).toEqual(ALL);
  await eraseAccountTexts(operatorLedger(), account);
  expect(await pseudonymiseAccount(operatorLedger(), account)).toBeNull();
});

test('GIVEN the owner of the tables WHEN an entry is changed by hand THEN it is refused, but for what erasure does', async () => {
  const account = await busyAccount();
  const change = (set: string, where: string) =>
    ownerSql().query(`UPDATE ledger_entry SET ${set} WHERE account_id = $1 AND ${where}`, [account]);
  const forbidden = [
    "message = 'Erased.'",
    "message = 'Another'",
    'message = NULL',
    "generation_id = 'done'",
    "idempotency_key = 'erased-00000000-0000-4000-8000-000000000000'",
    "account_id = 'erased-00000000-0000-4000-8000-000000000000'",
  ];
  // While nothing is erased, nothing may change.
  for (const set of forbidden.slice(1)) {
    await expect(change(set, `kind IN ('REFUND', 'GRANT', 'ADJUST')`)).rejects.toThrow(/append-only/);
  }
  await expect(change(forbidden[0] as string, `kind = 'REFUND'`)).rejects.toThrow(/append-only/);
  await eraseAccountTexts(operatorLedger(), account);
  await eraseGenerations(operatorLedger(), account, ALL);
  // And of what is erased nothing but that.
  for (const set of [
    ...forbidden.slice(1, 4),
    ...['balance_delta = balance_delta + 1', 'held_delta = 0', 'balance_after = balance_after + 1', 'seq = seq + 100'],
    ...["at = now() - interval '1 day'", "kind = 'GRANT'", 'ordinal = 7', "reason = 'OTHER'"],
    ...["content = sha256('x')", "hash = sha256('x')", "idempotency_key = 'mine'"],
    "account_id = 'erased-00000000-0000-4000-8000-000000000000'",
    "generation_id = 'erased-00000000-0000-4000-8000-000000000000'",
  ]) {
    await expect(change(set, `kind = 'REFUND'`)).rejects.toThrow();
  }
  await expect(ownerSql().query('DELETE FROM ledger_entry WHERE account_id = $1', [account])).rejects.toThrow(
    /append-only/,
  );
  expect(await proves(account)).toBe(true);
});

test('GIVEN an audit that named them WHEN ids are replaced THEN what it found has the pseudonyms, and no sentence', async () => {
  const account = await busyAccount();
  const found = [
    { check: 'c', account, generation: 'done', message: `of ${account} done` },
    { check: 'c', account, message: `of ${account}` },
    { check: 'c', account: 'other', generation: 'done', message: 'of another' },
  ];
  const auditor = `test/${account}`;
  await ownerSql().query(`SELECT record_audit($1, '[]', $2::jsonb, '[]')`, [auditor, JSON.stringify(found)]);
  await eraseAccountTexts(operatorLedger(), account);
  await eraseGenerations(operatorLedger(), account, ALL);
  const [done] = await pseudonymiseGenerations(operatorLedger(), account, ALL);
  const pseudonym = await pseudonymiseAccount(operatorLedger(), account);
  const kept = await ownerSql().query(`SELECT discrepancies FROM audit_run WHERE auditor = $1`, [auditor]);
  expect(kept.rows[0].discrepancies).toEqual([
    { check: 'c', account: pseudonym, generation: done, message: 'Erased.' },
    { check: 'c', account: pseudonym, message: 'Erased.' },
    found[2],
  ]);
  await ownerSql().query('DELETE FROM audit_run WHERE auditor = $1', [auditor]);
});
