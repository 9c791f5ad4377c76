import type { GenerationSeen } from './check';
import type { Findings } from './findings';
import { GENERATION_CHECKS } from './generation-checks';
import { look } from './look';
import { RESERVATION_CHECKS } from './reservation-checks';
import type { Snapshot } from './snapshot';
import { TRACE_CHECKS } from './trace-checks';

/** Where a look begins, and where it ended. */
export type Key = readonly [account: string, generation: string];

/** About as much work as a piece of entries. */
const PAGE = 20_000;

export const OF_GENERATIONS = [...GENERATION_CHECKS, ...RESERVATION_CHECKS, ...TRACE_CHECKS];
const TABLES: readonly GenerationSeen[] = ['generation', 'reservation', 'hold', 'generation_run', 'generation_attempt'];
const idOf = (table: GenerationSeen) => (table === 'generation' ? 'id' : 'generation_id');

/** What the checks ask of several times, once; from the tables `these_…`, which a look is at. */
const SEEN = `
  seen_generation AS MATERIALIZED (
    SELECT g.account_id, g.id, g.status::text AS status, g.workflow_id, g.created_at, g.erased_at,
           num_nulls(g.label, g.input_hash, g.salt) AS missing_texts, jsonb_typeof(g.output) AS output_type,
           newest.state::text AS state, newest.refunded_by, newest.holder_run, its.*, known.*
      FROM these_generation AS g
      LEFT JOIN LATERAL (
        SELECT * FROM reservation WHERE account_id = g.account_id AND generation_id = g.id ORDER BY ordinal DESC LIMIT 1
      ) AS newest ON true
      CROSS JOIN LATERAL (
        SELECT count(*) AS reservations, min(ordinal) AS first, max(ordinal) AS last, min(reserved_at) AS reserved_at,
               count(*) FILTER (WHERE state IN ('RESERVED', 'SETTLED')) AS active,
               count(*) FILTER (WHERE state = 'SETTLED') AS settled
          FROM reservation WHERE account_id = g.account_id AND generation_id = g.id
      ) AS its
      CROSS JOIN LATERAL (
        SELECT count(*) AS runs, count(DISTINCT position) AS positions, min(position) AS first_position,
               bool_or(run_id = newest.holder_run) AS has_holder,
               bool_or(run_id = newest.refunded_by AND closed_at IS NOT NULL) AS has_refunder
          FROM generation_run WHERE account_id = g.account_id AND generation_id = g.id
      ) AS known
  ), seen_reservation AS MATERIALIZED (
    SELECT r.*, began.kind::text AS began_kind, began.at AS began_at, closed.kind::text AS closed_kind,
           closed.at AS entry_closed_at
      FROM these_reservation AS r
      LEFT JOIN ledger_entry AS began ON began.account_id = r.account_id AND began.seq = r.reserve_seq
                                     AND began.generation_id = r.generation_id AND began.ordinal = r.ordinal
      LEFT JOIN ledger_entry AS closed ON closed.account_id = r.account_id AND closed.seq = r.close_seq
                                      AND closed.generation_id = r.generation_id AND closed.ordinal = r.ordinal
  ), seen_hold AS MATERIALIZED (SELECT * FROM these_hold),
  seen_generation_run AS MATERIALIZED (SELECT * FROM these_generation_run),
  seen_generation_attempt AS MATERIALIZED (SELECT * FROM these_generation_attempt)`;

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
    return `these_${table} AS NOT MATERIALIZED (SELECT * FROM ${table} WHERE ${key} > ($1, $2)${upTo})`;
  });
  const to: Key | null = end ? [end.account, end.generation] : null;
  await look(tx, findings, OF_GENERATIONS, { given: [...given, SEEN].join(', ') }, ...after, ...(to ?? []));
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
      (table) => `these_${table} AS NOT MATERIALIZED (
        SELECT rows.* FROM touched JOIN ${table} AS rows ON rows.account_id = touched.account_id
                                                       AND rows.${idOf(table)} = touched.generation_id)`,
    ),
    SEEN,
  ].join(', ');
  await look(tx, findings, OF_GENERATIONS, { given }, JSON.stringify(begin));
}
