import type { GenerationSeen } from './check';
import type { Findings } from './findings';
import { GENERATION_CHECKS } from './generation-checks';
import { look } from './look';
import { RESERVATION_CHECKS } from './reservation-checks';
import type { Snapshot } from './snapshot';
import { TRACE_CHECKS } from './trace-checks';

/** The generations after one and up to another, in the order of their keys; null is no bound. */
export interface Range {
  readonly after: Key;
  readonly to: Key | null;
}
export type Key = readonly [account: string, generation: string];

/** About as much work as a piece of entries. */
const PAGE = 25_000;

const CHECKS = [...GENERATION_CHECKS, ...RESERVATION_CHECKS, ...TRACE_CHECKS];
const TABLES: readonly GenerationSeen[] = ['generation', 'reservation', 'hold', 'generation_run', 'generation_attempt'];
const idOf = (table: GenerationSeen) => (table === 'generation' ? 'id' : 'generation_id');

/** Looks at all that bears these keys: also at what belongs to no generation. Answers where it ended; null: at the end. */
export async function lookAtGenerations(tx: Snapshot, findings: Findings, after: Key): Promise<Key | null> {
  const [end] = await tx.$queryRawUnsafe<{ account: string; generation: string }[]>(
    `SELECT account_id AS account, id AS generation FROM generation WHERE (account_id, id) > ($1, $2)
      ORDER BY account_id, id OFFSET ${PAGE - 1} LIMIT 1`,
    ...after,
  );
  const given = TABLES.map((table) => {
    const key = `(account_id, ${idOf(table)})`;
    const upTo = end ? ` AND ${key} <= ($3, $4)` : '';
    return `seen_${table} AS NOT MATERIALIZED (SELECT * FROM ${table} WHERE ${key} > ($1, $2)${upTo})`;
  }).join(', ');
  const to: Key | null = end ? [end.account, end.generation] : null;
  await look(tx, findings, CHECKS, { given }, ...after, ...(to ?? []));
  return to;
}

/** Looks at the generations of the entries that follow on what is known of some accounts. */
export async function lookAtTouched(
  tx: Snapshot,
  findings: Findings,
  begin: readonly { readonly account: string; readonly seq: number }[],
): Promise<void> {
  const given = [
    `touched AS MATERIALIZED (
       SELECT DISTINCT account_id, generation_id
         FROM jsonb_to_recordset($1::jsonb) AS given (account text, seq bigint, reached bigint)
         JOIN ledger_entry ON account_id = account AND ledger_entry.seq > given.seq AND ledger_entry.seq <= reached
        WHERE generation_id IS NOT NULL)`,
    ...TABLES.map(
      (table) => `seen_${table} AS MATERIALIZED (
        SELECT rows.* FROM touched JOIN ${table} AS rows ON rows.account_id = touched.account_id
                                                       AND rows.${idOf(table)} = touched.generation_id)`,
    ),
  ].join(', ');
  await look(tx, findings, CHECKS, { given }, JSON.stringify(begin));
}
