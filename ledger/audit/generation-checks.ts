import type { Check } from './check';

const generations = (name: string, message: string, where: string): Check => ({
  name,
  over: 'generation',
  sql: `SELECT account_id AS account, id AS generation, NULL AS seq, ${message} AS message
          FROM seen_generation WHERE ${where}`,
});

/** Generations and their reservations: charged at most once, and only for an output that is there. */
export const GENERATION_CHECKS: readonly Check[] = [
  generations(
    'generations have their account',
    `'there is no such account'`,
    'NOT EXISTS (SELECT FROM account WHERE account.id = account_id)',
  ),
  generations(
    'generations have one active reservation at most',
    `format('%s reservations are open or charged', active)`,
    'active > 1',
  ),
  generations(
    'reservations are numbered without gaps',
    `format('%s reservations, numbered %s to %s', reservations, first, last)`,
    'reservations > 0 AND (first <> 1 OR last <> reservations)',
  ),
  generations(
    'generations stand where their newest reservation does',
    `format('the generation is %s, its newest reservation %s', status, coalesce(state, 'missing'))`,
    `coalesce(state, '') <> CASE status WHEN 'SUCCEEDED' THEN 'SETTLED' ELSE status END`,
  ),
  generations(
    'outputs are stored exactly when charged',
    `CASE WHEN output_type IS NULL THEN 'charged, but no output is stored'
          ELSE 'an output is stored that nothing was charged for' END`,
    '(output_type IS NOT NULL) <> (settled > 0 AND erased_at IS NULL)',
  ),
  generations('outputs are objects', `format('the output is a JSON %s', output_type)`, `output_type <> 'object'`),
  generations(
    'texts are there until they are erased',
    `CASE WHEN erased_at IS NULL THEN 'a label, an input hash or a salt is missing, and it was not erased'
          ELSE 'it was erased, and yet has a label, an input hash or a salt' END`,
    'missing_texts <> CASE WHEN erased_at IS NULL THEN 0 ELSE 3 END',
  ),
  generations(
    'generations begin before their reservations',
    `format('it is of %s, its first reservation of %s', created_at, reserved_at)`,
    'created_at > reserved_at',
  ),
  // A refund numbers and closes the run that asked for it, and whoever calls second is numbered with the first.
  generations(
    'runs of a generation are on record',
    `format('the run %s that its newest reservation names is not', coalesce(refunded_by, holder_run))`,
    `(refunded_by IS NOT NULL AND has_refunder IS NOT TRUE) OR (runs > 0 AND state = 'RESERVED' AND NOT has_holder)`,
  ),
  generations(
    'runs are numbered apart',
    `format('%s runs have %s numbers from %s on', runs, positions, first_position)`,
    'runs > 0 AND (positions <> runs OR first_position < 1)',
  ),
];
