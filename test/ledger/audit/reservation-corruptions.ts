import { CHAIN, type Corruption, copied, entry, FUTURE, OPEN_SUM, removed, reservation } from './corruption';

/** Of reservations and holds. */
export const RESERVATION_CORRUPTIONS: readonly Corruption[] = [
  {
    what: 'a reservation is removed',
    by: removed('reservation', `generation_id = 'back'`),
    check: 'entries have their reservation',
    names: { seq: 3, generation: 'back' },
    also: ['generations stand where their newest reservation does'],
  },
  {
    what: 'a generation is charged twice',
    by: copied('reservation', `'{"ordinal": 2}'`, `generation_id = 'paid'`),
    check: 'generations have one active reservation at most',
    names: { generation: 'paid' },
    also: ['reservations have the entries of their state'],
  },
  {
    what: 'a reservation is renumbered',
    by: reservation('back', 'ordinal = 2'),
    check: 'reservations are numbered without gaps',
    names: { generation: 'back' },
  },
  {
    what: 'a settled reservation has no moment',
    by: reservation('paid', 'closed_at = NULL'),
    check: 'reservations fit their state',
    names: { generation: 'paid' },
  },
  {
    what: 'an open reservation has a reason',
    by: reservation('open', `reason = 'X', message = 'x', refunded_by = 'r1'`),
    check: 'reservations fit their state',
    names: { generation: 'open' },
  },
  {
    what: 'a reservation is charged more than it holds',
    by: reservation('paid', 'cost = amount + 1'),
    check: 'reservations fit their state',
    names: { generation: 'paid' },
    also: ['entries move what their reservation holds'],
  },
  {
    what: 'a settled reservation is open again',
    by: reservation('paid', `state = 'RESERVED', cost = NULL, closed_at = NULL, close_seq = NULL`),
    check: 'open reservations are held',
    names: { generation: 'paid' },
    also: ['entries have their reservation', 'generations stand where their newest reservation does'],
  },
  {
    what: 'a reservation was closed before it was made',
    by: reservation('paid', `closed_at = reserved_at - interval '1 hour'`),
    check: 'moments of reservations are in order',
    names: { generation: 'paid' },
  },
  {
    what: 'a reservation comes from the future',
    by: `${reservation('open', `reserved_at = ${FUTURE}`)};
         UPDATE hold SET reserved_at = ${FUTURE} WHERE account_id = $account;
         ${entry(4, `at = ${FUTURE}`)}`,
    check: 'moments of reservations are in order',
    names: { generation: 'open' },
    also: ['moments of entries follow one another', CHAIN],
  },
  {
    what: 'a hold is removed',
    by: removed('hold'),
    check: 'open reservations are held',
    names: { generation: 'open' },
    also: [OPEN_SUM],
  },
  {
    what: 'a hold is of another namespace than its reservation',
    by: `UPDATE hold SET namespace = gen_random_uuid() WHERE account_id = $account`,
    check: 'open reservations are held',
    names: { generation: 'open' },
  },
  {
    what: 'there is a hold of what is settled',
    by: copied('hold', `'{"generation_id": "paid"}'`, 'true'),
    check: 'holds have their open reservation',
    names: { generation: 'paid' },
    also: [OPEN_SUM],
  },
  {
    what: 'the holder of an open reservation is a closed run',
    by: `INSERT INTO generation_run (account_id, generation_id, run_id, position, closed_at) VALUES ($account, 'open', 'r1', 1, now())`,
    check: 'open reservations are held by a run that is not closed',
    names: { generation: 'open' },
  },
  {
    what: 'a reservation is of a namespace that nobody sweeps',
    by: reservation('open', `namespace = gen_random_uuid()`),
    check: 'open reservations are of a namespace that is swept',
    names: { generation: 'open' },
    also: ['open reservations are held'],
  },
  {
    what: 'credits are held for hours',
    by: `${reservation('open', `reserved_at = reserved_at - interval '2 hours'`)};
         UPDATE hold SET reserved_at = reserved_at - interval '2 hours' WHERE account_id = $account`,
    check: 'held too long',
    names: { generation: 'open' },
    also: ['moments of reservations are in order'],
  },
];
