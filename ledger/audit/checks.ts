import type { Check } from './check';
import { ENTRY_CHECKS } from './entry-checks';
import { GENERATION_CHECKS } from './generation-checks';
import { RESERVATION_CHECKS } from './reservation-checks';

/** All that the ledger promises of itself. Each looks at whole tables, a slice of accounts at a time. */
export const checks = (heldTooLongMs: number): readonly Check[] => [
  ...ENTRY_CHECKS,
  ...RESERVATION_CHECKS,
  ...GENERATION_CHECKS,
  {
    name: 'held too long',
    over: 'reservation',
    sql: `SELECT account_id AS account, generation_id AS generation, NULL::bigint AS seq,
                 format('%s credits are held since %s', amount, reserved_at) AS message
            FROM reservation
           WHERE state = 'RESERVED' AND reserved_at < now() - $3 * interval '1 millisecond'`,
    values: [heldTooLongMs],
  },
];
