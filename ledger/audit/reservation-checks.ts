import type { Check } from './check';

/** Reservations and their entries: a reservation ends once, and gives back or charges exactly what it holds. */
export const RESERVATION_CHECKS: readonly Check[] = [
  {
    name: 'held is the sum of open reservations',
    over: 'account',
    sql: `SELECT id AS account, NULL AS generation, NULL::bigint AS seq,
                 format('%s is held, the open reservations add up to %s', held, coalesce(total, 0)) AS message
            FROM account
            LEFT JOIN (SELECT account_id, sum(amount) AS total FROM reservation
                        WHERE state = 'RESERVED' GROUP BY account_id) AS open
              ON account_id = id
           WHERE held <> coalesce(total, 0)`,
  },
  {
    name: 'reservations have the entries of their state',
    over: 'reservation',
    sql: `SELECT account_id AS account, generation_id AS generation, seq,
                 format('reservation %s is %s and has the entries %s', ordinal, state,
                        coalesce(array_to_string(kinds, ', '), 'none')) AS message
            FROM reservation
            LEFT JOIN (SELECT reservation_id, array_agg(kind::text ORDER BY seq) AS kinds, max(seq) AS seq
                         FROM ledger_entry WHERE reservation_id IS NOT NULL GROUP BY reservation_id) AS entries
              ON reservation_id = id
           WHERE kinds IS DISTINCT FROM CASE state
                   WHEN 'RESERVED' THEN '{RESERVE}'::text[]
                   WHEN 'SETTLED' THEN '{RESERVE,SETTLE}'::text[]
                   WHEN 'REFUNDED' THEN '{RESERVE,REFUND}'::text[]
                 END`,
  },
  {
    name: 'entries move what their reservation holds',
    over: 'ledger_entry',
    sql: `SELECT entry.account_id AS account, entry.generation_id AS generation, seq,
                 format('%s of %s, where the reservation holds %s', kind, abs(held_delta), amount) AS message
            FROM ledger_entry AS entry
            JOIN reservation ON reservation.id = reservation_id
           WHERE abs(held_delta) <> amount`,
  },
  {
    name: 'refunds tell why',
    over: 'ledger_entry',
    sql: `SELECT entry.account_id AS account, entry.generation_id AS generation, seq,
                 format('the reason of the refund is %s, of its reservation %s',
                        coalesce(entry.reason, 'missing'), coalesce(reservation.reason, 'missing')) AS message
            FROM ledger_entry AS entry
            JOIN reservation ON reservation.id = reservation_id
           WHERE kind = 'REFUND' AND (entry.message IS NULL OR entry.reason IS NULL
                                      OR entry.reason IS DISTINCT FROM reservation.reason)`,
  },
  {
    name: 'reservations have their generation',
    over: 'reservation',
    sql: `SELECT account_id AS account, generation_id AS generation, NULL::bigint AS seq,
                 'there is no such generation' AS message
            FROM reservation
           WHERE NOT EXISTS (SELECT FROM generation WHERE generation.account_id = reservation.account_id
                                                      AND generation.id = generation_id)`,
  },
];
