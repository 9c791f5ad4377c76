import type { Check } from './check';

/** What stands beside a reservation: its hold, its runs, its attempts. None is there without it. */
export const TRACE_CHECKS: readonly Check[] = [
  {
    name: 'holds have their open reservation',
    over: 'hold',
    sql: `SELECT h.account_id AS account, h.generation_id AS generation, NULL AS seq,
                 format('there is no open reservation %s', h.ordinal) AS message
            FROM seen_hold AS h
           WHERE NOT EXISTS (SELECT FROM reservation AS r WHERE r.account_id = h.account_id
                                AND r.generation_id = h.generation_id AND r.ordinal = h.ordinal AND r.state = 'RESERVED')`,
  },
  {
    name: 'attempts have their reservation',
    over: 'generation_attempt',
    sql: `SELECT a.account_id AS account, a.generation_id AS generation, NULL AS seq,
                 format('attempt %s of the run %s is of reservation %s, which is not there', number, run_id, a.ordinal)
                   AS message
            FROM seen_generation_attempt AS a
           WHERE number < 1 OR NOT EXISTS (SELECT FROM reservation AS r WHERE r.account_id = a.account_id
                                              AND r.generation_id = a.generation_id AND r.ordinal = a.ordinal)`,
  },
  // Of a generation there may be none yet: a refund closes the run before it has reserved.
  {
    name: 'runs have their account',
    over: 'generation_run',
    sql: `SELECT run.account_id AS account, run.generation_id AS generation, NULL AS seq, 'there is no such account' AS message
            FROM seen_generation_run AS run
           WHERE NOT EXISTS (SELECT FROM account WHERE account.id = run.account_id)`,
  },
];
