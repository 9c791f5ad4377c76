import { isOpen, newest, runName, type World } from './world';

/** What is always so, whatever happened. Answers what is broken. */
export function brokenPromise(world: World): string | null {
  const { ledger, runs, fault } = world;
  const { broken, reservations, status, delivered } = ledger.books;
  if (broken ?? fault) return broken ?? fault;

  const charges = reservations.filter(({ state }) => state === 'SETTLED').length;
  if (charges > 1) return 'charged twice';
  if ((charges === 1) !== delivered) return delivered ? 'delivered without a charge' : 'charged without a delivery';
  if (delivered !== (status === 'SUCCEEDED')) return 'the status contradicts the output';

  const { status: end } = newest(world);
  // Only its own reset or retry, which is a newer run, may charge after that.
  if (delivered && (end === 'refunded' || end === 'swept'))
    return 'charged after the refund that the customer was told of';
  if (delivered && end === 'rejected') return 'charged, and the customer was told that nothing was';
  if (!delivered && runs.some((run) => run.status === 'succeeded'))
    return 'a run has ended well, and nothing was charged';
  return null;
}

/** The sweep that finds what is held though no workflow is at work; nothing where all is well by itself. */
export function sweepDue(world: World) {
  const held = world.ledger.books.reservations.at(-1);
  if (held?.state !== 'RESERVED' || isOpen(world)) return undefined;
  return { do: 'sweep', holder: held.holder, newest: world.known ? runName(world.runs.length - 1) : null } as const;
}
