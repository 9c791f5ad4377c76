import type { Call, Told } from './ledger';
import { brokenAnswer } from './promises';
import {
  type Activity,
  type Budget,
  changeRun,
  close,
  goOn,
  isOpen,
  newest,
  type Run,
  runName,
  start,
  unheard,
  type World,
} from './world';

/** One thing that may happen next. */
export interface Step {
  readonly name: string;
  /** What the ledger is asked. */
  readonly call?: Call;
  /** `told` is the ledger's answer to `call`. */
  readonly next: (told: Told) => World;
}

/** How often pay-on-success reserves again what it has lost. */
const HOLDS_AGAIN = 3;

/** All that may happen next. */
export function stepsFrom(world: World): Step[] {
  return [
    ...world.activities.flatMap((activity, index) => activitySteps(world, activity, index)),
    ...workSteps(world),
    ...operatorSteps(world),
    ...customerSteps(world),
    ...sweepSteps(world),
  ];
}

function activitySteps(world: World, activity: Activity, index: number): Step[] {
  const run = world.runs[activity.run] as Run;
  const who = `${runName(activity.run)} ${activity.does}`;
  const rest = { ...world, activities: world.activities.toSpliced(index, 1) };
  const becomes = (stage: Activity['stage']) => ({ ...rest, activities: [...rest.activities, { ...activity, stage }] });
  const answered = (from: World, outcome: string) => (activity.heard ? hear(from, activity.run, outcome) : from);
  /** As activities/credits.ts ends it, for the one that is not the newest run. */
  const otherwise = activity.does === 'refund' ? 'nothing_held' : 'closed';
  const steps: Step[] = [];

  if (activity.stage === 'told it is not the newest') {
    // Temporal is asked now; what it says may be old by the time the ledger hears of it.
    const proven = isNewest(world, activity.run);
    steps.push({
      name: `${who}: Temporal says it is ${proven ? '' : 'not '}the newest run`,
      next: () => (proven ? becomes('asked, proven') : answered(rest, otherwise)),
    });
  } else {
    const proven = activity.stage === 'asked, proven';
    const call = callOf(activity, run, proven);
    steps.push({
      name: `${who}${proven ? ', proven' : ''}${activity.heard ? '' : ' (unheard)'}`,
      call,
      next: (told) => {
        const { outcome, state } = told;
        const fault = brokenAnswer(world, run, call, told);
        const moved = (from: World): World => ({ ...from, ledger: state, fault });
        if (outcome !== 'not_newest') return answered(moved(rest), outcome);
        // Once a run is not the newest it never is again: Temporal's answer is known.
        const goesOn = !proven && isNewest(world, activity.run);
        return moved(goesOn ? becomes('told it is not the newest') : answered(rest, otherwise));
      },
    });
  }
  // A local activity is tried again by its worker, a regular one by the server, which does so only for an open run.
  if (world.left.repeats > 0 && activity.heard && (run.status === 'open' || activity.does !== 'refund')) {
    const again = { ...activity, stage: 'asked' as const };
    steps.push({
      name: `${who}: the answer does not come, asked again`,
      next: () => spend({ ...rest, activities: [...rest.activities, { ...activity, heard: false }, again] }, 'repeats'),
    });
  }
  return steps;
}

/** What `isNewestRun` asks Temporal: is it the newest run, and open? */
const isNewest = (world: World, run: number) => isOpen(world) && run === world.runs.length - 1;

function callOf({ run, does }: Activity, { execution, after }: Run, proven: boolean): Call {
  const name = runName(run);
  if (does === 'settle') return { do: 'settle', run: name };
  if (does === 'refund') return { do: 'refund', run: name, proven };
  return { do: 'reserve', run: name, proven, execution: `e${execution}`, after };
}

/** What workflows/pay-on-success.ts does with the answer. */
function hear(world: World, index: number, outcome: string): World {
  const run = world.runs[index] as Run;
  const open = run.status === 'open';
  // The server takes nothing from a run that is closed: no other activity, no end.
  const only = (next: World) => (open ? next : changeRun(world, index, { at: 'nothing' }));
  const end = (status: Run['status']) => only(changeRun(world, index, { status, at: 'nothing' }));
  const discard = () => only(goOn(world, index, 'refund'));

  switch (run.at) {
    case 'reserve':
      if (outcome === 'reserved') return only(goOn(world, index, 'draft'));
      return end(outcome === 'delivered' ? 'succeeded' : 'rejected');
    case 'settle':
      if (outcome !== 'closed') return end('succeeded');
      return run.again === HOLDS_AGAIN ? discard() : goOn(world, index, 'reserve again', { again: run.again + 1 });
    case 'reserve again':
      if (outcome === 'delivered') return end('succeeded');
      return outcome === 'reserved' ? goOn(world, index, 'settle') : discard();
    case 'refund':
      return end(outcome === 'delivered' ? 'succeeded' : 'refunded');
    default:
      throw new Error(`a run at ${run.at} hears nothing`);
  }
}

function workSteps(world: World): Step[] {
  if (!isOpen(world)) return [];
  const run = world.runs.length - 1;
  const { at } = newest(world);
  if (at === 'draft') {
    return [
      { name: `${runName(run)}: the draft works`, next: () => goOn(world, run, 'settle', { draft: 'worked' }) },
      { name: `${runName(run)}: the draft fails`, next: () => goOn(world, run, 'refund', { draft: 'failed' }) },
    ];
  }
  if (at !== 'reserve' || world.left.cancels === 0) return [];
  const cancelled = () => spend(goOn(unheard(world, run), run, 'refund'), 'cancels');
  return [{ name: `${runName(run)}: cancelled`, next: cancelled }];
}

function operatorSteps(world: World): Step[] {
  const { left, known } = world;
  const { execution, after, draft, status } = newest(world);
  const steps: Step[] = [];
  if (known && left.resets > 0) {
    const reset = (keeps: Run['draft'], at: Run['at']) => () =>
      spend(start(close(world, 'reset'), { execution, after, draft: keeps }, at), 'resets');
    steps.push({ name: 'reset to before the reserve', next: reset('none', 'reserve') });
    if (draft !== 'none') {
      steps.push({ name: 'reset to after the draft', next: reset(draft, draft === 'worked' ? 'settle' : 'refund') });
    }
  }
  if (known && status === 'open' && left.terminates > 0) {
    steps.push({ name: 'terminated', next: () => spend(close(world, 'terminated'), 'terminates') });
  }
  if (known && left.deletions > 0) {
    const deleted = () => spend({ ...close(world, 'terminated'), known: false }, 'deletions');
    steps.push({ name: 'the workflow is deleted', next: deleted });
  }
  return steps;
}

function customerSteps(world: World): Step[] {
  const { ledger, left, known, runs } = world;
  const { status, execution } = newest(world);
  const { balance, reservations } = ledger.books;
  const steps: Step[] = [];
  // Temporal starts a workflow anew only where it knows of none, or where the newest run has failed.
  if (left.retries > 0 && (!known || (status !== 'open' && status !== 'succeeded'))) {
    const seen = reservations.flatMap(({ state }, index) => (state === 'REFUNDED' ? [index + 1] : []));
    for (const after of reservations.length === 0 ? [0] : seen) {
      const next = { execution: execution + 1, after, draft: 'none' as const };
      steps.push({
        name: `${after === 0 ? 'started again' : `a retry after refund ${after}`} as ${runName(runs.length)}`,
        next: () => spend(start(world, next, 'reserve'), 'retries'),
      });
    }
  }
  if (left.spends > 0 && balance > 0) {
    steps.push({
      name: 'another generation spends credits',
      call: { do: 'spend' },
      next: ({ state }) => spend({ ...world, ledger: state }, 'spends'),
    });
  }
  return steps;
}

function sweepSteps(world: World): Step[] {
  const { ledger, sweep, left, known, runs } = world;
  if (!sweep) {
    const held = ledger.books.reservations.at(-1);
    if (left.sweeps === 0 || held?.state !== 'RESERVED') return [];
    return [
      {
        name: `the sweep reads that ${held.holder} holds`,
        next: () => spend({ ...world, sweep: { holder: held.holder } }, 'sweeps'),
      },
    ];
  }
  const { holder, newest: seen } = sweep;
  if (seen === undefined) {
    const found = known ? runName(runs.length - 1) : null;
    const next = isOpen(world) ? null : { holder, newest: found };
    return [
      { name: `the sweep reads that ${found ?? 'no run'} is the newest`, next: () => ({ ...world, sweep: next }) },
    ];
  }
  return [
    {
      name: 'the sweep gives back',
      call: { do: 'sweep', holder, newest: seen },
      next: ({ outcome, state }) => {
        const passed = ledger.books.reservations.at(-1)?.holder !== holder;
        const fault = outcome === 'refunded' && passed ? 'swept from a run that was not seen to be dead' : null;
        const swept = { ...world, ledger: state, sweep: null, fault };
        if (outcome !== 'refunded' || newest(world).status === 'open') return swept;
        return changeRun(swept, runs.length - 1, { status: 'swept' });
      },
    },
  ];
}

const spend = (world: World, on: keyof Budget): World => ({
  ...world,
  left: { ...world.left, [on]: world.left[on] - 1 },
});
