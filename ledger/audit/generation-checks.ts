import type { Check } from './check';

const generations = (name: string, message: string, where: string, also = ''): Check => ({
  name,
  over: 'generation',
  sql: `SELECT g.account_id AS account, g.id AS generation, NULL AS seq, ${message} AS message
          FROM seen_generation AS g ${also} WHERE ${where}`,
});

/** Its reservation of the highest number. */
const NEWEST = `LEFT JOIN LATERAL (
  SELECT * FROM reservation WHERE account_id = g.account_id AND generation_id = g.id ORDER BY ordinal DESC LIMIT 1
) AS newest ON true`;
const OF_IT = `LEFT JOIN LATERAL (
  SELECT count(*) AS reservations, min(ordinal) AS first, max(ordinal) AS last, min(reserved_at) AS reserved_at,
         count(*) FILTER (WHERE state IN ('RESERVED', 'SETTLED')) AS active,
         count(*) FILTER (WHERE state = 'SETTLED') AS settled
    FROM reservation WHERE account_id = g.account_id AND generation_id = g.id
) AS its ON true`;
const RUNS = `CROSS JOIN LATERAL (
  SELECT count(*) AS runs, count(DISTINCT position) AS positions, min(position) AS first
    FROM generation_run WHERE account_id = g.account_id AND generation_id = g.id
) AS known`;

/** Generations and their reservations: charged at most once, and only for an output that is there. */
export const GENERATION_CHECKS: readonly Check[] = [
  generations(
    'generations have their account',
    `'there is no such account'`,
    'NOT EXISTS (SELECT FROM account WHERE account.id = g.account_id)',
  ),
  generations(
    'generations have one active reservation at most',
    `format('%s reservations are open or charged', active)`,
    'active > 1',
    OF_IT,
  ),
  generations(
    'reservations are numbered without gaps',
    `format('%s reservations, numbered %s to %s', reservations, first, last)`,
    'reservations > 0 AND (first <> 1 OR last <> reservations)',
    OF_IT,
  ),
  generations(
    'generations stand where their newest reservation does',
    `format('the generation is %s, its newest reservation %s', status, coalesce(state::text, 'missing'))`,
    `coalesce(state::text, '') <> CASE status::text WHEN 'SUCCEEDED' THEN 'SETTLED' ELSE status::text END`,
    NEWEST,
  ),
  generations(
    'outputs are stored exactly when charged',
    `CASE WHEN output IS NULL THEN 'charged, but no output is stored'
          ELSE 'an output is stored that nothing was charged for' END`,
    '(output IS NOT NULL) <> (settled > 0 AND erased_at IS NULL)',
    OF_IT,
  ),
  generations(
    'outputs are objects',
    `format('the output is a JSON %s', jsonb_typeof(output))`,
    `jsonb_typeof(output) <> 'object'`,
  ),
  generations(
    'texts are there until they are erased',
    `CASE WHEN erased_at IS NULL THEN 'a label, an input hash or a salt is missing, and it was not erased'
          ELSE 'it was erased, and yet has a label, an input hash or a salt' END`,
    'num_nulls(label, input_hash, salt) <> CASE WHEN erased_at IS NULL THEN 0 ELSE 3 END',
  ),
  // By it the sweep finds the workflow: one of another's would be given back, or never.
  generations(
    'generations have their workflow id',
    `format('the workflow id is %s', workflow_id)`,
    `erased_at IS NULL AND workflow_id <> 'makegood/' || g.account_id || '/' || g.id`,
  ),
  generations(
    'generations begin before their reservations',
    `format('it is of %s, its first reservation of %s', created_at, reserved_at)`,
    'created_at > reserved_at',
    OF_IT,
  ),
  // A refund numbers and closes the run that asked for it, and whoever calls second is numbered with the first.
  generations(
    'runs of a generation are on record',
    `format('the run %s that its newest reservation names is not', coalesce(refunded_by, holder_run))`,
    `(refunded_by IS NOT NULL AND NOT EXISTS (
        SELECT FROM generation_run AS run WHERE run.account_id = g.account_id AND run.generation_id = g.id
                                            AND run.run_id = refunded_by AND run.closed_at IS NOT NULL))
     OR (runs > 0 AND state = 'RESERVED' AND NOT EXISTS (
        SELECT FROM generation_run AS run WHERE run.account_id = g.account_id AND run.generation_id = g.id
                                            AND run.run_id = holder_run))`,
    `${NEWEST} ${RUNS}`,
  ),
  generations(
    'runs are numbered apart',
    `format('%s runs have %s numbers from %s on', runs, positions, known.first)`,
    'runs > 0 AND (positions <> runs OR known.first < 1)',
    RUNS,
  ),
];
