import { ownQueue, until } from '../harness';
import { ownDatabase } from '../ledger/own-database';
import { start } from './operators';

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
