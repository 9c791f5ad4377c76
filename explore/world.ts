import type { LedgerState } from './ledger';

// A causal model of Temporal and of workflows/pay-on-success.ts: one generation, its runs, and what they have in flight.

/** How much may go wrong. Every order of it is explored. */
export interface Budget {
  /** What the account has; the price is 1. */
  readonly credits: number;
  /** By an operator, to before the reserve or to after the draft. */
  readonly resets: number;
  /** By the customer, after a refund that was seen; or a second start, where nothing was ever reserved. */
  readonly retries: number;
  /** A call that is asked again: its answer was lost, or it is late, and may yet arrive. */
  readonly repeats: number;
  readonly terminates: number;
  /** While the first reserve is under way. Later ones are like a draft that fails. */
  readonly cancels: number;
  readonly sweeps: number;
  /** Of the workflow, from Temporal. */
  readonly deletions: number;
  /** Another generation buys something. */
  readonly spends: number;
}

export interface Run {
  readonly execution: number;
  /** The refund that its retry has seen. */
  readonly after: number;
  /** `swept`: closed, and the sweep gave back what it held. */
  readonly status: 'open' | 'reset' | 'terminated' | 'succeeded' | 'refunded' | 'rejected' | 'swept';
  /**
   * What it waits for. A run that is closed by others goes on to the end of its workflow task, on a worker that has not
   * heard of it: through local activities, but to nothing that the server must take.
   */
  readonly at: 'reserve' | 'draft' | 'settle' | 'reserve again' | 'refund' | 'nothing';
  readonly draft: 'none' | 'worked' | 'failed';
  /** How often it has reserved again. */
  readonly again: number;
}

/** An activity at work for a run; `asked`: the ledger has it, and it may be carried out at any later time, or never. */
export interface Activity {
  readonly run: number;
  readonly does: 'reserve' | 'settle' | 'refund';
  readonly stage: 'asked' | 'told it is not the newest' | 'asked, proven';
  /** Whether the run hears the answer; else it has asked again, or does not wait any more. */
  readonly heard: boolean;
}

/** A round that has read a hold, then Temporal's newest run of its workflow, and acts later. */
export interface Sweep {
  readonly holder: string;
  /** The newest run, which is closed; null where there is none; undefined until it was read. */
  readonly newest?: string | null;
}

export interface World {
  readonly ledger: LedgerState;
  /** Whether Temporal knows of the workflow. */
  readonly known: boolean;
  /** The last one is Temporal's newest. */
  readonly runs: readonly Run[];
  readonly activities: readonly Activity[];
  readonly sweep: Sweep | null;
  readonly left: Budget;
  /** The promise that the answer which led here breaks. */
  readonly fault: string | null;
}

/** The generation has been started: its first run is about to reserve. */
export function begin(ledger: LedgerState, left: Budget): World {
  const empty = { ledger, known: true, runs: [], activities: [], sweep: null, left, fault: null };
  return start(empty, { execution: 1, after: 0, draft: 'none' }, 'reserve');
}

export const runName = (run: number) => `r${run + 1}`;
export const newest = ({ runs }: World): Run => runs.at(-1) as Run;
/** Whether a workflow is at work. */
export const isOpen = (world: World): boolean => world.known && newest(world).status === 'open';

/** A new run, at work at once. */
export function start(world: World, run: Pick<Run, 'execution' | 'after' | 'draft'>, at: Run['at']): World {
  // A run that is replaced never comes back: what it knew is of no use.
  const replaced = world.runs.map((old) => ({ ...old, draft: 'none' as const }));
  const opened = { ...world, known: true, runs: [...replaced, { ...run, status: 'open' as const, at, again: 0 }] };
  return goOn(opened, opened.runs.length - 1, at);
}

/** The run goes on to `at`, and asks the ledger where that is what it does there. */
export function goOn(world: World, run: number, at: Run['at'], change: Partial<Run> = {}): World {
  const moved = changeRun(world, run, { ...change, at });
  if (at === 'draft' || at === 'nothing') return moved;
  const does = at === 'reserve again' ? 'reserve' : at;
  return { ...moved, activities: [...moved.activities, { run, does, stage: 'asked', heard: true }] };
}

export function changeRun(world: World, run: number, change: Partial<Run>): World {
  return { ...world, runs: world.runs.map((old, index) => (index === run ? { ...old, ...change } : old)) };
}

/** The newest run, if it is open, is closed by others. What it has in flight goes on. */
export function close(world: World, status: 'reset' | 'terminated'): World {
  const run = world.runs.length - 1;
  const { at, status: before } = newest(world);
  if (before !== 'open') return world;
  // A regular activity that the server would have to hand its result to is heard by nobody any more.
  const goesOn = at === 'reserve' || at === 'settle' || at === 'reserve again';
  const closed = changeRun(world, run, { status, at: goesOn ? at : 'nothing' });
  return goesOn ? closed : unheard(closed, run);
}

/** Nobody waits for what the run has in flight; it goes on all the same. */
export const unheard = (world: World, run: number): World => ({
  ...world,
  activities: world.activities.map((activity) => (activity.run === run ? { ...activity, heard: false } : activity)),
});

/** One of the budget is used up. */
export const spend = (world: World, on: keyof Budget): World => ({
  ...world,
  left: { ...world.left, [on]: world.left[on] - 1 },
});

/** The same text for the same state, in whatever order the activities were begun. */
export function keyOf({ ledger, known, runs, activities, sweep, left, fault }: World): string {
  const run = (r: Run) => `${r.execution}${r.after}${r.status.slice(0, 3)}${r.at.slice(0, 9)}${r.draft[0]}${r.again}`;
  const inFlight = activities.map((a) => `${a.run}${a.does[2]}${a.stage.slice(-3)}${a.heard ? 1 : 0}`).sort();
  const swept = sweep && `${sweep.holder}${sweep.newest === undefined ? '?' : sweep.newest}`;
  const { credits, ...rest } = left;
  return [ledger.id, known ? 1 : 0, runs.map(run), inFlight, swept, Object.values(rest).join(''), fault].join('|');
}
