import { type Corruption, copied, generation, removed, TEXTS } from './corruption';

/** Of generations, their runs and attempts. */
export const GENERATION_CORRUPTIONS: readonly Corruption[] = [
  {
    what: 'an account is removed, its entries stay',
    by: 'DELETE FROM account WHERE id = $account',
    check: 'entries have their account',
    also: ['generations have their account', 'runs have their account'],
  },
  {
    what: 'a generation is removed',
    by: removed('generation', `id = 'back'`),
    check: 'reservations have their generation',
    names: { generation: 'back' },
  },
  {
    what: 'a refunded generation is said to be at work',
    by: generation('back', `status = 'RESERVED'`),
    check: 'generations stand where their newest reservation does',
    names: { generation: 'back' },
  },
  {
    what: 'an output is removed',
    by: generation('paid', 'output = NULL'),
    check: 'outputs are stored exactly when charged',
    names: { generation: 'paid' },
    also: [TEXTS],
  },
  {
    what: 'an output is given that nobody paid for',
    by: generation('open', `output = '{}'`),
    check: 'outputs are stored exactly when charged',
    names: { generation: 'open' },
  },
  {
    what: 'an output is JSON null',
    by: generation('paid', `output = 'null'`),
    check: 'outputs are objects',
    names: { generation: 'paid' },
    also: [TEXTS],
  },
  {
    what: 'an output is a word',
    by: generation('paid', `output = '"done"'`),
    check: 'outputs are objects',
    names: { generation: 'paid' },
  },
  {
    what: 'a salt is removed, so that no text can be checked',
    by: generation('paid', 'salt = NULL'),
    check: 'texts are there until they are erased',
    names: { generation: 'paid' },
  },
  {
    what: 'a generation points at another workflow',
    by: generation('open', `workflow_id = 'makegood/another/open'`),
    check: TEXTS,
    names: { generation: 'open', seq: 4 },
  },
  {
    what: 'a generation is made after its reservation',
    by: generation('open', `created_at = now() + interval '1 minute'`),
    check: 'generations begin before their reservations',
    names: { generation: 'open' },
  },
  {
    what: 'the runs of a generation are removed',
    by: removed('generation_run', `generation_id = 'back'`),
    check: 'runs of a generation are on record',
    names: { generation: 'back' },
  },
  {
    what: 'a closed run is opened again',
    by: `UPDATE generation_run SET closed_at = NULL WHERE account_id = $account`,
    check: 'runs of a generation are on record',
    names: { generation: 'back' },
  },
  {
    what: 'two runs have one number',
    by: copied('generation_run', `'{"run_id": "r2"}'`, 'true'),
    check: 'runs are numbered apart',
    names: { generation: 'back' },
  },
  {
    what: 'there are attempts of nothing',
    by: copied('generation_attempt', `'{"generation_id": "never"}'`, 'true'),
    check: 'attempts have their reservation',
    names: { generation: 'never' },
  },
  {
    what: 'there are runs of an account that never was',
    by: `INSERT INTO generation_run (account_id, generation_id, run_id, position) VALUES ($account || '-not', 'g', 'r', 1)`,
    check: 'runs have their account',
    names: { generation: 'g' },
  },
  {
    what: 'a generation is given to an account that never was',
    by: `UPDATE generation SET account_id = account_id || '-not' WHERE account_id = $account AND id = 'back'`,
    check: 'generations have their account',
    names: { generation: 'back' },
    also: ['reservations have their generation'],
  },
];
