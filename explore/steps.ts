import { activitySteps } from './activities';
import type { Step } from './step';
import { changeRun, close, goOn, isOpen, newest, type Run, runName, spend, start, unheard, type World } from './world';

// What may happen next: to what is in flight, to the work, by operators, by customers, and by the sweep.

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
