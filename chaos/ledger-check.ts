import { Client } from 'pg';
import type { Makegood } from '../client/makegood';
import { audit } from '../ledger/audit';
import { inOurSchema } from '../prisma/schema-name';
import { temporalWitness } from '../temporal/witness';

/** What must be zero once all has ended, whatever has happened. */
interface Counts {
  /** Reservations that still hold credits. */
  readonly stillHeld: number;
  readonly chargedTwice: number;
  readonly chargedWithoutDraft: number;
  readonly draftWithoutCharge: number;
  /** Accounts whose balance or held is not the sum of their entries. */
  readonly notAddingUp: number;
}

const QUERY = `SELECT
  (SELECT count(*) FROM reservation WHERE state = 'RESERVED')::int AS "stillHeld",
  (SELECT count(*) FROM (SELECT FROM ledger_entry WHERE kind = 'SETTLE'
     GROUP BY account_id, generation_id HAVING count(*) > 1) twice)::int AS "chargedTwice",
  (SELECT count(*) FROM reservation r JOIN generation g ON (g.account_id, g.id) = (r.account_id, r.generation_id)
     WHERE r.state = 'SETTLED' AND g.output IS NULL)::int AS "chargedWithoutDraft",
  (SELECT count(*) FROM generation g WHERE g.output IS NOT NULL AND NOT EXISTS (SELECT FROM reservation r
     WHERE (r.account_id, r.generation_id, r.state) = (g.account_id, g.id, 'SETTLED')))::int AS "draftWithoutCharge",
  (SELECT count(*) FROM account a, LATERAL (SELECT sum(balance_delta) AS balance, sum(held_delta) AS held,
     count(*) AS seq FROM ledger_entry WHERE account_id = a.id) e
     WHERE (a.balance, a.held, a.last_seq) IS DISTINCT FROM (e.balance, e.held, e.seq))::int AS "notAddingUp"`;

/** What is wrong in the whole ledger, in sentences: by the audit, and by a query that shares nothing with it. */
export async function ledgerProblems(ownerUrl: string, { context: { db, temporal } }: Makegood): Promise<string[]> {
  const { discrepancies, unknown } = await audit(db, { temporal: await temporalWitness(temporal) });
  const counts = Object.entries(await readCounts(ownerUrl)).filter(([, count]) => count !== 0);
  return [
    ...counts.map(([name, count]) => `${name}: ${count}`),
    ...discrepancies.map(({ check, account, generation, message }) => [check, account, generation, message].join(' ')),
    ...unknown,
  ];
}

async function readCounts(ownerUrl: string): Promise<Counts> {
  const client = new Client(inOurSchema(ownerUrl));
  await client.connect();
  try {
    const { rows } = await client.query<Counts>(QUERY);
    return rows[0] as Counts;
  } finally {
    await client.end();
  }
}
