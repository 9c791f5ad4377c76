import type { Check } from './check';

const reservations = (name: string, message: string, where: string): Check => ({
  name,
  over: 'reservation',
  sql: `SELECT r.account_id AS account, r.generation_id AS generation, NULL AS seq, ${message} AS message
          FROM seen_reservation AS r WHERE ${where}`,
});

/** Reservations: each ends once, and its state, its entries and its hold tell the same. */
export const RESERVATION_CHECKS: readonly Check[] = [
  reservations(
    'reservations have their generation',
    `'there is no such generation'`,
    'NOT EXISTS (SELECT FROM generation AS g WHERE g.account_id = r.account_id AND g.id = r.generation_id)',
  ),
  reservations(
    'reservations have the entries of their state',
    `format('reservation %s is %s and has the entries %s', r.ordinal, state,
            concat_ws(', ', coalesce(began_kind, 'none'), closed_kind))`,
    `began_kind IS DISTINCT FROM 'RESERVE'
     OR closed_kind IS DISTINCT FROM CASE state WHEN 'SETTLED' THEN 'SETTLE' WHEN 'REFUNDED' THEN 'REFUND' END`,
  ),
  reservations(
    'reservations fit their state',
    `format('reservation %s is %s: %s', r.ordinal, state, concat_ws(', ',
       'amount ' || amount, 'cost ' || cost, 'reason ' || reason, 'refunded by ' || refunded_by, 'closed at ' || closed_at))`,
    `num_nulls(closed_at, close_seq) <> CASE state WHEN 'RESERVED' THEN 2 ELSE 0 END
     OR (cost IS NOT NULL) <> (state = 'SETTLED') OR cost NOT BETWEEN 0 AND amount OR amount < 0
     OR num_nulls(reason, message, refunded_by) <> CASE state WHEN 'REFUNDED' THEN 0 ELSE 3 END`,
  ),
  reservations(
    'moments of reservations are in order',
    `format('reservation %s is of %s, closed at %s; its entries are of %s and %s', r.ordinal, reserved_at,
            coalesce(closed_at::text, 'no time'), began_at, entry_closed_at)`,
    `closed_at < reserved_at OR close_seq <= reserve_seq OR reserved_at <> began_at OR closed_at <> entry_closed_at
     OR greatest(reserved_at, closed_at) > clock_timestamp() + interval '1 minute'`,
  ),
  reservations(
    'open reservations are held',
    `format('reservation %s is open, and has no hold of its own', r.ordinal)`,
    `state = 'RESERVED' AND NOT EXISTS (
       SELECT FROM hold AS h WHERE h.account_id = r.account_id AND h.generation_id = r.generation_id
          AND (h.ordinal, h.namespace, h.reserved_at) = (r.ordinal, r.namespace, r.reserved_at))`,
  ),
  reservations(
    'open reservations are held by a run that is not closed',
    `format('reservation %s is held by the run %s, which is closed', r.ordinal, holder_run)`,
    `state = 'RESERVED' AND EXISTS (
       SELECT FROM generation_run AS run WHERE run.account_id = r.account_id AND run.generation_id = r.generation_id
          AND run.run_id = r.holder_run AND run.closed_at IS NOT NULL)`,
  ),
  // Nobody sweeps any other.
  reservations(
    'open reservations are of a namespace that is swept',
    `format('reservation %s is of the namespace %s, which no worker has registered', r.ordinal, namespace)`,
    `state = 'RESERVED' AND NOT EXISTS (SELECT FROM temporal_namespace AS known WHERE known.id = r.namespace)`,
  ),
];
