import { randomUUID } from 'node:crypto';
import { recordAttempt } from '../../ledger/attempts';
import { refund, registerNamespace, reserve, settle } from '../../ledger/credits';
import type { AccountId, ExecutionId, GenerationId, RunId } from '../../ledger/ids';
import { type ReasonCode, reason } from '../../ledger/reasons';
import { makegood, ownerSql } from '../harness';
import { TEST_NAMESPACE } from '../harness/ledger';

// An account as a customer has it, for pictures: what happened over some days, through the functions that move credits.

const RECENT = [
  ['welcome-ada', 'ada@analytical.example.com', 'Welcome aboard, Ada'],
  ['renewal-brightside', 'office@brightside.example.com', 'Your plan renews on 1 March'],
  ['follow-up-kestrel', 'tom@kestrel.example.com', 'Two dates for the deep dive'],
  ['webinar-lumen', 'support@lumen.example.com', 'Cost control for support teams, Thursday 16:00'],
] as const;

export async function showcase(account: string): Promise<void> {
  const { db } = makegood().context;
  const charge = async (
    id: string,
    to: string,
    subject: string | null,
    failures: ReasonCode[] = [],
    why?: ReasonCode,
  ) => {
    const run = randomUUID();
    const generationRun = {
      account: account as AccountId,
      generation: id as GenerationId,
      execution: run as unknown as ExecutionId,
      run: run as unknown as RunId,
    };
    const label = `Email to ${to}`;
    const what = { price: 1, kind: 'email-draft', label, inputHash: id, workflowId: id, namespace: TEST_NAMESPACE };
    await reserve(db, generationRun, what);
    for (const [index, code] of failures.entries())
      await recordAttempt(db, generationRun, { step: what.kind, number: index + 1 }, reason(code), 503);
    if (why) await refund(db, generationRun, reason(why, failures.length || undefined));
    else if (subject) await settle(db, generationRun, { subject, body: `${subject}.` });
  };
  const daysAgo = async (days: number, at: string) => {
    await backdate(account, days, at);
  };

  await registerNamespace(db, TEST_NAMESPACE);
  await makegood().grant({ account, credits: 250, reason: 'Starter plan, November' });
  await daysAgo(2, '09:00');
  for (const [id, to, subject] of RECENT.slice(0, 2)) await charge(id, to, subject);
  await daysAgo(1, '10:12');
  await charge('invoice-northwind', 'accounts@northwind.example.com', 'Invoice 2041', [
    'PROVIDER_UNAVAILABLE',
    'PROVIDER_RATE_LIMITED',
  ]);
  await charge('apology-harbour', 'team@harbour.example.com', null, [], 'PROVIDER_REFUSED');
  await daysAgo(1, '16:40');
  for (const [id, to, subject] of RECENT.slice(2)) await charge(id, to, subject);
  const down = Array.from({ length: 5 }, () => 'PROVIDER_UNAVAILABLE' as const);
  await charge('thanks-oakridge', 'hello@oakridge.example.com', null, down, 'PROVIDER_UNAVAILABLE');
  await makegood().grant({ account, credits: 50, reason: 'Thank you for your patience on Friday' });
  await charge('pilot-meridian', 'lena@meridian.example.com', null);
}

/** Moves what has no other day yet back by so many days. Only the owner of a database of our own can. */
async function backdate(account: string, days: number, at: string): Promise<void> {
  const client = await ownerSql().connect();
  const [hour = 0, minute = 0] = at.split(':').map(Number);
  const moment = new Date();
  moment.setUTCDate(moment.getUTCDate() - days);
  moment.setUTCHours(hour, minute, 0, 0);
  try {
    await client.query('BEGIN');
    await client.query('SET LOCAL session_replication_role = replica');
    for (const [table, column, order] of [
      ['ledger_entry', 'at', 'seq'],
      ['reservation', 'reserved_at', 'reserve_seq'],
      ['reservation', 'closed_at', 'close_seq'],
      ['generation_attempt', 'at', 'number'],
    ]) {
      await client.query(
        `UPDATE ${table} SET ${column} = $2::timestamptz + ${order} * interval '1 second'
         WHERE account_id = $1 AND ${column} > now() - interval '6 hours'`,
        [account, moment],
      );
    }
    await client.query('COMMIT');
  } finally {
    client.release();
  }
}
