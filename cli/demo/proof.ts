import type { Makegood } from '../../client/makegood';
import { auditLines, auditOf } from '../audit-report';
import { count, paint } from '../output';
import { statement } from '../statement';
import type { Say } from './narrator';

/** Prints the statement, oldest first, as a bank would. */
export async function printStatement(makegood: Makegood, account: string, say: Say): Promise<void> {
  const { entries } = await makegood.usage(account, { limit: 1000 });
  say(`${paint('bold', 'The statement')} of ${account}, oldest first`);
  for (const line of statement([...entries].reverse())) say(`  ${line}`);
}

/** Adds everything up again, from the entries and the open reservations, and audits the whole ledger. */
export async function printProof(makegood: Makegood, say: Say): Promise<boolean> {
  say(paint('bold', 'It adds up'));
  let right = true;
  const { db } = makegood.context;
  for (const { id, balance, held } of await db.account.findMany({ orderBy: { id: 'asc' } })) {
    const { _sum: entries } = await db.ledgerEntry.aggregate({
      where: { accountId: id },
      _sum: { balanceDelta: true },
    });
    const { _sum: open } = await db.reservation.aggregate({
      where: { accountId: id, state: 'RESERVED' },
      _sum: { amount: true },
    });
    const sums = { balance: entries.balanceDelta ?? 0n, held: open.amount ?? 0n };
    const ok = sums.balance === balance && sums.held === held;
    right &&= ok;
    const text = `${id.padEnd(14)} balance ${balance} = Σ entries ${sums.balance} · held ${held} = Σ open reservations ${sums.held}`;
    say(ok ? `  ${paint('green', '✓')} ${text}` : `  ${paint('red', `✗ ${text}`)}`);
  }
  const report = await auditOf(makegood);
  if (report.discrepancies.length === 0) {
    const { length } = report.checked;
    say(
      `  ${paint('green', '✓')} makegood audit: ${count(length, 'check')} of accounts, entries, reservations and workflows`,
    );
  } else {
    for (const line of auditLines(report)) say(`  ${line}`);
  }
  return right && report.discrepancies.length === 0;
}
