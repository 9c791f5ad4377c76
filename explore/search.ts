import type { Call } from './calls';
import type { Ledger, Told } from './ledger';
import { brokenPromise, sweepDue } from './promises';
import type { Step } from './step';
import { stepsFrom } from './steps';
import { type Budget, begin, keyOf, type World } from './world';

export interface Explored {
  readonly states: number;
  /** The promise that was broken, and the shortest way there; nothing where every order keeps them all. */
  readonly broken?: { readonly promise: string; readonly trace: readonly string[] };
}

interface Seen {
  readonly from: number;
  readonly step: string;
}

/** Goes through every state that a budget allows, breadth first, and checks the promises in each. */
export async function explore(ledger: Ledger, budget: Budget): Promise<Explored> {
  const first = begin(await ledger.funded(budget.credits), budget);
  const keys = new Set([keyOf(first)]);
  const seen: Seen[] = [{ from: -1, step: 'started' }];
  let wave: [number, World][] = [[0, first]];

  const traceTo = (from: number, ...last: string[]): string[] => {
    const steps = last;
    for (let at = from; at >= 0; at = (seen[at] as Seen).from) steps.unshift((seen[at] as Seen).step);
    return steps;
  };

  while (wave.length > 0) {
    const next: [number, World][] = [];
    for (const [index, world] of wave) {
      for (const step of stepsFrom(world)) {
        const [after, told] = await take(ledger, world, step);
        const key = keyOf(after);
        if (keys.has(key)) continue;
        keys.add(key);
        const name = told ? `${step.name} → ${told.outcome}` : step.name;
        const promise = after.fault ?? brokenPromise(after) ?? (await unswept(ledger, after));
        if (promise) return { states: keys.size, broken: { promise, trace: traceTo(index, name) } };
        next.push([seen.push({ from: index, step: name }) - 1, after]);
      }
    }
    wave = next;
  }
  return { states: keys.size };
}

/** Without waiting where the ledger's answer is known: most steps by far. */
function take(ledger: Ledger, { ledger: state }: World, { call, next }: Step) {
  if (!call) return [next({ outcome: '', state }), undefined] as const;
  const known = ledger.known(state, call);
  if (known) return [next(known), known] as const;
  return ledger.call(state, call).then((told) => [next(told), told] as const);
}

async function unswept(ledger: Ledger, world: World): Promise<string | null> {
  const call: Call | undefined = sweepDue(world);
  if (!call) return null;
  const { state }: Told = ledger.known(world.ledger, call) ?? (await ledger.call(world.ledger, call));
  const stays = state.books.reservations.some((reservation) => reservation.state === 'RESERVED');
  return stays ? 'held by nobody at work, and the sweep does not give it back' : null;
}
