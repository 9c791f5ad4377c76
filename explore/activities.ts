import type { Call } from './calls';
import { brokenAnswer } from './promises';
import type { Step } from './step';
import { type Activity, changeRun, goOn, isOpen, type Run, runName, spend, type World } from './world';

// What the activities of activities/credits.ts do, and what workflows/pay-on-success.ts makes of their answers.

/** How often pay-on-success reserves again what it has lost. */
const HOLDS_AGAIN = 3;

/** What may become of one that is in flight. */
export function activitySteps(world: World, activity: Activity, index: number): Step[] {
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
