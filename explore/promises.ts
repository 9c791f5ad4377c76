import type { Call } from './calls';
import type { Told } from './ledger';
import { isOpen, type Run, runName, type World } from './world';

/** What is so in every state. Answers what is broken. */
export function brokenPromise({ ledger, runs: known }: World): string | null {
  const { broken, reservations, status, by, closedRuns } = ledger.books;
  const runs = known.map((run, index) => ({ ...run, name: runName(index) }));
  if (broken) return broken;
  const last = reservations.at(-1);
  const charges = reservations.filter(({ state }) => state === 'SETTLED').length;
  if (charges > 1) return 'charged twice';
  if (charges === 1 && by === null) return 'charged without a delivery';
  if (charges === 0 && by !== null) return 'delivered without a charge';
  if ((by !== null) !== (status === 'SUCCEEDED')) return 'the status contradicts the output';
  if (by !== null && by !== last?.holder) return 'charged for what a run made that did not hold';
  if (last && last.state !== 'REFUNDED' && closedRuns.includes(last.holder)) return 'held, or charged, by a closed run';

  // What a run that has refunded left in flight can neither hold nor charge; only its reset or retry may, a newer run.
  const ended = runs.filter(({ status }) => status === 'refunded' || status === 'swept').map(({ name }) => name);
  if (last && last.state !== 'REFUNDED' && ended.includes(last.holder))
    return 'held, or charged, by a run that has refunded';
  const told = runs.at(-1)?.status;
  if (by !== null && (told === 'refunded' || told === 'swept'))
    return 'charged after the refund that the customer was told of';
  if (by !== null && told === 'rejected') return 'charged, and the customer was told that nothing was';
  if (by === null && runs.some((run) => run.status === 'succeeded'))
    return 'a run has ended well, and nothing was charged';
  return null;
}

/** What is so of every answer. Answers what is broken. */
export function brokenAnswer({ ledger }: World, run: Run, call: Call, { outcome, state }: Told): string | null {
  const before = ledger.books.reservations;
  const after = state.books.reservations;
  const [was, is] = [before.at(-1), after.at(-1)];
  const states = { reserved: 'RESERVED', settled: 'SETTLED', delivered: 'SETTLED', refunded: 'REFUNDED' } as Record<
    string,
    string
  >;
  if (outcome in states && is?.state !== states[outcome]) return `told that it is ${outcome}, which it is not`;
  if (call.do === 'refund' && !call.proven && was?.state === 'RESERVED' && is?.state === 'REFUNDED') {
    return was.holder === call.run ? null : 'given back by a run that neither holds nor is the newest';
  }
  if (call.do !== 'reserve') return null;
  if (outcome === 'reserved' && is?.holder !== call.run) return 'told that it holds, which another run does';
  if (after.length === before.length) {
    const taken = was?.state === 'RESERVED' && is?.holder !== was.holder;
    return taken && !call.proven ? 'a hold passed to a run that Temporal has not called the newest' : null;
  }
  // A generation is paid for again only by a retry that names the newest refund, or a reset of what was refunded.
  const mayOpen = run.after === before.length || (was?.execution === call.execution && call.proven);
  return mayOpen ? null : 'paid again, with neither a retry after that refund nor a reset';
}

/** The sweep that finds what is held though no workflow is at work; nothing where all is well by itself. */
export function sweepDue(world: World) {
  const held = world.ledger.books.reservations.at(-1);
  if (held?.state !== 'RESERVED' || isOpen(world)) return undefined;
  return { do: 'sweep', holder: held.holder, newest: world.known ? runName(world.runs.length - 1) : null } as const;
}
