import type { Check } from './check';

/** Generations and their reservations: charged at most once, and only for a draft that is there. */
export const GENERATION_CHECKS: readonly Check[] = [
  {
    name: 'generations have one active reservation at most',
    over: 'reservation',
    sql: `SELECT account_id AS account, generation_id AS generation, NULL::bigint AS seq,
                 format('%s reservations are open or charged', count(*)) AS message
            FROM reservation WHERE state IN ('RESERVED', 'SETTLED')
           GROUP BY account_id, generation_id HAVING count(*) > 1`,
  },
  {
    name: 'reservations are numbered without gaps',
    over: 'reservation',
    sql: `SELECT account_id AS account, generation_id AS generation, NULL::bigint AS seq,
                 format('%s reservations, numbered %s to %s', count(*), min(ordinal), max(ordinal)) AS message
            FROM reservation GROUP BY account_id, generation_id
          HAVING min(ordinal) <> 1 OR max(ordinal) <> count(*)`,
  },
  {
    name: 'generations stand where their newest reservation does',
    over: 'generation',
    sql: `SELECT generation.account_id AS account, generation.id AS generation, NULL::bigint AS seq,
                 format('the generation is %s, its newest reservation %s', status, coalesce(state::text, 'missing'))
                   AS message
            FROM generation
            LEFT JOIN (SELECT DISTINCT ON (account_id, generation_id) account_id, generation_id, state
                         FROM reservation ORDER BY account_id, generation_id, ordinal DESC) AS newest
              ON newest.account_id = generation.account_id AND generation_id = generation.id
           WHERE state IS DISTINCT FROM CASE status
                   WHEN 'RESERVED' THEN 'RESERVED'::"ReservationState"
                   WHEN 'SUCCEEDED' THEN 'SETTLED'
                   WHEN 'REFUNDED' THEN 'REFUNDED'
                 END`,
  },
  {
    name: 'drafts are stored exactly when charged',
    over: 'generation',
    sql: `SELECT generation.account_id AS account, generation.id AS generation, NULL::bigint AS seq,
                 CASE WHEN draft IS NULL THEN 'charged, but no draft is stored'
                      ELSE 'a draft is stored that nothing was charged for' END AS message
            FROM generation
            LEFT JOIN (SELECT DISTINCT account_id, generation_id FROM reservation WHERE state = 'SETTLED') AS charged
              ON charged.account_id = generation.account_id AND generation_id = generation.id
           WHERE (draft IS NULL) <> (generation_id IS NULL)`,
  },
  {
    name: 'generations have their account',
    over: 'generation',
    sql: `SELECT account_id AS account, id AS generation, NULL::bigint AS seq, 'there is no such account' AS message
            FROM generation
           WHERE NOT EXISTS (SELECT FROM account WHERE account.id = account_id)`,
  },
];
