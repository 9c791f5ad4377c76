import { type Corruption, entry, generation, TEXTS } from './corruption';

/** Of the texts that the entries vouch for. */
export const TEXT_CORRUPTIONS: readonly Corruption[] = [
  {
    what: 'the message of a grant is another',
    by: entry(1, `message = 'A gift'`),
    check: TEXTS,
    names: { seq: 1 },
  },
  {
    what: 'an output is replaced',
    by: generation('paid', `output = '{"subject": "Forged"}'`),
    check: TEXTS,
    names: { seq: 5, generation: 'paid' },
  },
  {
    what: 'a label is replaced',
    by: generation('paid', `label = 'Another'`),
    check: TEXTS,
    names: { seq: 2, generation: 'paid' },
  },
  {
    what: 'a kind is replaced',
    by: generation('paid', `kind = 'another'`),
    check: TEXTS,
    names: { seq: 2, generation: 'paid' },
  },
  {
    what: 'the hash of an input is replaced',
    by: generation('paid', `input_hash = 'another'`),
    check: TEXTS,
    names: { seq: 2, generation: 'paid' },
  },
];
