import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { registerNamespace } from '../../ledger/credits';
import { stackEnv } from '../harness';
import { inFolder, run } from '../harness/command';
import { TEST_NAMESPACE } from '../harness/ledger';
import { type OwnDatabase, ownDatabase } from '../harness/own-database';
import { CORRUPTIONS } from '../ledger/audit/corruptions';
import { ERASED, FORGERIES } from '../ledger/audit/forgeries';
import { corrupt, soundAccount } from '../ledger/audit/sound-account';

let own: OwnDatabase;
beforeAll(async () => {
  own = await ownDatabase();
  await registerNamespace(own.db, TEST_NAMESPACE);
});
const audit = (...args: string[]) => run(['audit', ...args], { env: { ...stackEnv(), ...own.env } });
const named = (line: string, text: string) =>
  line
    .split('\n')
    .find((one) => one.includes(text))
    ?.slice(0, 12) as string;

test('GIVEN a file of heads WHEN the past is forged THEN the audit names the account, and the file stays as it was', async () => {
  const [forged, erased] = [await soundAccount(own), await soundAccount(own)];
  await inFolder(async (folder) => {
    const file = join(folder, 'heads');
    expect(await audit('--anchor', file)).toMatchObject({ code: 0 });
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    expect(lines).toHaveLength(3);
    expect(JSON.parse(lines[0] as string)).toMatchObject({ accounts: 2, root: expect.any(String) });
    expect(await audit('--anchor', file)).toMatchObject({ code: 0 });

    await corrupt(own.owner, forged, FORGERIES[0]?.by as string);
    await corrupt(own.owner, erased, ERASED);
    expect(await audit()).toMatchObject({ code: 0 });
    const before = readFileSync(file, 'utf8');
    const failed = await audit('--anchor', file);
    expect(failed.code).toBe(1);
    expect(failed.stdout).toContain(
      `heads are those of the audit before: ${forged} entry 6: the entry has another hash`,
    );
    expect(failed.stdout).toContain(`heads are those of the audit before: ${erased}: it had 6 entries, and is gone`);
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(await audit('--anchor', file, '--full')).toMatchObject({ code: 1 });

    // Whoever changes the file is found out as well.
    writeFileSync(file, before.replace('"balance":4', '"balance":5'));
    expect((await audit('--anchor', file)).stdout).toContain('the marks were changed');
  });
  // Nothing of it stays in the database.
  expect((await own.owner.query('SELECT FROM audit_mark')).rowCount).toBe(0);
});

test('GIVEN a discrepancy WHEN it is acknowledged by name THEN it is listed apart, and the audit ends well', async () => {
  const account = await soundAccount(own);
  await corrupt(own.owner, account, CORRUPTIONS.find(({ what }) => what === 'an output is replaced')?.by as string);
  const failed = await audit();
  expect(failed.code).toBe(1);
  const name = named(failed.stdout, account);

  const well = await audit('--acknowledge', name, '--by', 'ada', '--reason', 'A test');
  expect(well.code).toBe(0);
  expect(well.stdout).toMatch(new RegExp(`${account}.*acknowledged by ada: A test`));
  const { acknowledged } = JSON.parse((await audit('--json')).stdout);
  expect(acknowledged).toMatchObject([{ name, account, by: 'ada', reason: 'A test' }]);
});

test('GIVEN what is no name, nobody, or no file of heads THEN one line says what to do, and nothing is written', async () => {
  expect(await audit('--acknowledge', 'that one', '--by', 'ada', '--reason', 'x')).toMatchObject({
    ...{ code: 2, stdout: '', stderr: expect.stringContaining('twelve digits') },
  });
  expect(await audit('--acknowledge', '0123456789ab')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--by'),
  });
  await inFolder(async (folder) => {
    const file = join(folder, 'letter');
    writeFileSync(file, 'Dear Sir');
    expect(await audit('--anchor', file)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('was not written by'),
    });
    expect(readFileSync(file, 'utf8')).toBe('Dear Sir');
    expect(await audit('--anchor', join(folder, 'no', 'where'))).toMatchObject({ code: 1 });
  });
});
