import { acknowledge, latestAudits } from '../../ledger/audit';
import { HEADS } from '../../ledger/audit/account-checks';
import type { AccountId } from '../../ledger/ids';
import { ownQueue, until } from '../harness';
import { start } from '../harness/operators';
import { ownDatabase } from '../harness/own-database';
import { FORGERIES } from '../ledger/audit/forgeries';
import { corrupt } from '../ledger/audit/sound-account';

test('GIVEN a worker THEN the ledger is audited by itself, again and again, and what it finds is written down and logged', async () => {
  // Of its own: in the shared database others hold credits too, and an audit names the first hundred only.
  const { owner, env } = await ownDatabase();
  const { makegood, startWorker } = ownQueue({
    ...env,
    MAKEGOOD_AUDIT_PERIOD_MS: '200',
    MAKEGOOD_HELD_LIMIT_MS: '1',
  });
  const worker = await startWorker();
  const account = 'audited';
  await makegood.grant({ account, credits: 1 });
  const { id } = await start(makegood, account, 'hang');

  await until('two audits that report it', async () => {
    const { rows } = await owner.query(
      `SELECT count(*)::int AS audits FROM audit_run, jsonb_array_elements(discrepancies) AS found
       WHERE found->>'account' = $1 AND found->>'check' = 'held too long'`,
      [account],
    );
    return rows[0].audits >= 2;
  });
  const line = await until('the line', async () =>
    worker
      .output()
      .split('\n')
      .find((text) => text.includes(id)),
  );
  expect(JSON.parse(line)).toMatchObject({ account, generation: id });
  await until('the line of the audit', async () =>
    worker
      .output()
      .split('\n')
      .some((text) => text.includes('the audit has found') && text.includes(`"generation":"${id}"`)),
  );
  await makegood.cancel(account, id);
});

test('GIVEN a worker WHEN somebody forges the past between two audits THEN the metric stays up and the log names it, until it is acknowledged', async () => {
  const own = await ownDatabase();
  const { makegood, startWorker } = ownQueue({ ...own.env, MAKEGOOD_AUDIT_PERIOD_MS: '200' });
  const worker = await startWorker();
  const account = 'forged' as AccountId;
  await makegood.grant({ account, credits: 10 });
  const marked = 'SELECT FROM audit_mark WHERE account_id = $1';
  await until('it to be seen', async () => (await own.owner.query(marked, [account])).rowCount === 1);

  await corrupt(own.owner, account, FORGERIES[0]?.by as string);
  const found = await until('the line of the audit', async () =>
    worker
      .output()
      .split('\n')
      .find((text) => text.includes('the audit has found') && text.includes(HEADS)),
  );
  const { discrepancy } = JSON.parse(found);
  expect(JSON.parse(found)).toMatchObject({ account, check: HEADS });
  const audits = async () => Number((await own.owner.query('SELECT count(*) FROM audit_run')).rows[0].count);
  const before = await audits();
  await until('two more audits', async () => (await audits()) > before + 2);
  expect(await latestAudits(own.db)).toMatchObject({ discrepancies: 1 });

  await acknowledge(own.operator, discrepancy, { by: 'ada', reason: 'A test' });
  expect(await latestAudits(own.db)).toMatchObject({ discrepancies: 0 });
  const acknowledged = await audits();
  await until('two more audits', async () => (await audits()) > acknowledged + 2);
  expect(await latestAudits(own.db)).toMatchObject({ discrepancies: 0 });
});
