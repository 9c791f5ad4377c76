import { ACCOUNT_CHECKS } from './account-checks';
import { ENTRY_CHECKS } from './entry-checks';
import type { Findings } from './findings';
import { look } from './look';
import type { Head } from './marks';
import type { Snapshot } from './snapshot';

/** Where a look at an account begins: what is known of it up to there. */
export interface Begin extends Head {
  /** What an earlier audit has seen, and what must still be so. */
  readonly anchor: { readonly seq: number; readonly head: string } | null;
}

/** What a look has verified. */
export interface Reached extends Head {
  /** The account has entries beyond. */
  readonly more: boolean;
}

/**
 * So many entries are looked at by one statement: a second or two of work on a small machine, and no more than fits into
 * its memory. An account that has more is looked at in pieces.
 */
export const PIECE = 50_000;

/** Gaps, order and sums are told by each entry and the one before it, so that a piece only needs to know its beginning. */
const SEEN = `
  given AS MATERIALIZED (
    SELECT account, decode(genesis, 'hex') AS genesis, seq, decode(head, 'hex') AS head, balance, held,
           (anchor->>'seq')::bigint AS anchor_seq, decode(anchor->>'head', 'hex') AS anchor_head
      FROM jsonb_to_recordset($1::jsonb) AS given (
           account text, genesis text, seq bigint, head text, balance bigint, held bigint, anchor jsonb)
  ), seen_ledger_entry AS MATERIALIZED (
    SELECT e.account_id, e.seq, e.at, e.kind::text AS kind, e.balance_delta, e.held_delta, e.balance_after,
           e.generation_id, e.ordinal, e.idempotency_key, e.reason, e.message, e.hash,
           entry_digest(e.seq, e.at, e.kind, e.balance_delta, e.held_delta, e.balance_after, e.ordinal, e.reason,
                        e.content) AS digest,
           r.ordinal IS NOT NULL AS has_reservation, r.amount, r.cost, r.state::text AS state, r.reserve_seq, r.close_seq,
           r.reserved_at, r.closed_at, r.reason AS reservation_reason, r.message AS reservation_message,
           -- Erased: what it stood for can't be told any more, and the chain still proves the rest.
           CASE WHEN e.kind IN ('GRANT', 'ADJUST') THEN acc.salt ELSE gen.salt END IS NOT NULL
             AND e.content IS DISTINCT FROM CASE e.kind
               WHEN 'RESERVE' THEN content_of_reserve(gen.salt, gen.id, gen.kind, gen.label, gen.input_hash, gen.workflow_id)
               WHEN 'SETTLE' THEN content_of_settle(gen.salt, gen.output)
               WHEN 'REFUND' THEN content_of_refund(gen.salt, e.message)
               ELSE content_of_grant(acc.salt, e.idempotency_key, e.message)
             END AS is_altered,
           lag(e.seq, 1, given.seq) OVER w AS seq_before,
           lag(e.at, 1, last.at) OVER w AS at_before,
           lag(e.balance_after, 1, given.balance) OVER w AS balance_before,
           lag(e.hash::bytea, 1, given.head) OVER w AS hash_before,
           (given.balance + sum(e.balance_delta) OVER w)::bigint AS balance_sum,
           (given.held + sum(e.held_delta) OVER w)::bigint AS held_sum,
           row_number() OVER w AS nth, lead(e.seq) OVER w IS NULL AS is_last, given.genesis
      FROM given
      CROSS JOIN LATERAL (
        SELECT * FROM ledger_entry WHERE account_id = given.account AND seq > given.seq ORDER BY seq LIMIT ${PIECE}
      ) AS e
      LEFT JOIN ledger_entry AS last ON last.account_id = given.account AND last.seq = given.seq
      LEFT JOIN account AS acc ON acc.id = given.account
      LEFT JOIN generation AS gen ON gen.account_id = given.account AND gen.id = e.generation_id
      LEFT JOIN reservation AS r ON r.account_id = given.account AND r.generation_id = e.generation_id
                                AND r.ordinal = e.ordinal
    WINDOW w AS (PARTITION BY e.account_id ORDER BY e.seq)
  ), reached AS MATERIALIZED (
    SELECT account_id AS account, genesis, seq, hash AS head, balance_sum AS balance, held_sum AS held, at,
           nth >= ${PIECE} AS more
      FROM seen_ledger_entry WHERE is_last
    UNION ALL
    SELECT account, genesis, given.seq, given.head, balance, held, last.at, false
      FROM given LEFT JOIN ledger_entry AS last ON last.account_id = account AND last.seq = given.seq
     WHERE NOT EXISTS (SELECT FROM ledger_entry AS e WHERE e.account_id = account AND e.seq > given.seq)
  ), seen_account AS MATERIALIZED (
    SELECT account.*, reached.seq AS reached_seq, reached.head AS reached_head, reached.balance AS balance_sum,
           reached.held AS held_sum, reached.at AS reached_at
      FROM reached JOIN account ON account.id = reached.account WHERE NOT more
  )`;

const REACHED = `
  SELECT jsonb_build_object('account', account, 'genesis', encode(genesis, 'hex'), 'seq', seq,
                            'head', encode(head, 'hex'), 'balance', balance, 'held', held, 'more', more) FROM reached`;

export const OF_ENTRIES = [...ENTRY_CHECKS, ...ACCOUNT_CHECKS];

/** Looks at the entries that follow on what is known of some accounts, and answers how far it came. */
export async function lookAtEntries(tx: Snapshot, findings: Findings, begin: readonly Begin[]): Promise<Reached[]> {
  return look<Reached>(tx, findings, OF_ENTRIES, { given: SEEN, extra: REACHED }, JSON.stringify(begin));
}
