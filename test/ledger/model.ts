// The ledger as the table in the design says it, in a few plain objects: what the SQL functions are held against.

export type Command =
  | { do: 'grant'; key: string; amount: number }
  | { do: 'adjust'; key: string; amount: number }
  | (Caller & { do: 'reserve'; price: number; inputHash: string; after?: number; proven: boolean })
  | (Caller & { do: 'settle'; output: { text: string }; cost?: number | undefined })
  | (Caller & { do: 'refund'; reason: 'CANCELLED' | 'PROVIDER_REFUSED'; proven: boolean })
  | { do: 'sweep'; generation: string; holder: string; newest: string | null };

export interface Caller {
  readonly generation: string;
  readonly execution: string;
  readonly run: string;
}

export interface Answer {
  readonly outcome: string;
  readonly [more: string]: unknown;
}

interface Reservation {
  execution: string;
  holder: string;
  amount: number;
  cost: number | null;
  state: 'RESERVED' | 'SETTLED' | 'REFUNDED';
  reason: string | null;
  refundedBy: string | null;
}

interface Generation {
  inputHash: string;
  output: { text: string } | null;
  reservations: Reservation[];
}

export interface Model {
  /** Since the first grant. */
  exists: boolean;
  balance: number;
  held: number;
  /** Grants and adjustments by their keys. */
  credited: Record<string, { kind: 'GRANT' | 'ADJUST'; amount: number }>;
  generations: Record<string, Generation>;
  /** Of each generation, in their order. */
  runs: Record<string, { run: string; closed: boolean }[]>;
  /** `RESERVE -3 3 7`: kind, change of balance, change of held, balance after. */
  entries: string[];
}

export const emptyModel = (): Model => ({
  ...{ exists: false, balance: 0, held: 0, credited: {}, generations: {}, runs: {}, entries: [] },
});

/** The state after the command, and what the caller hears. The state that came in is left as it was. */
export function step(before: Model, command: Command): { model: Model; answer: Answer } {
  const model = structuredClone(before);
  return { model, answer: apply(model, command) };
}

function apply(model: Model, command: Command): Answer {
  if (command.do === 'grant' || command.do === 'adjust') return credit(model, command);
  const generation = model.generations[command.generation];
  const newest = generation?.reservations.at(-1);
  const delivered = () => ({ outcome: 'delivered', output: generation?.output });
  const reserved = (amount: number) => ({ outcome: 'reserved', amount, balance: model.balance, held: model.held });

  switch (command.do) {
    case 'reserve': {
      const { run, execution, price, proven, after = 0 } = command;
      if (!model.exists) return { outcome: 'unknown_account' };
      if (generation && newest) {
        if (generation.inputHash !== command.inputHash) return { outcome: 'conflict' };
        if (newest.state === 'SETTLED') return delivered();
        if (newest.state === 'RESERVED' && newest.holder === run) return reserved(newest.amount);
        if (number(model, command.generation, run, proven)) return { outcome: 'closed' };
        if (newest.state === 'RESERVED') {
          if (!proven) return { outcome: 'not_newest' };
          Object.assign(newest, { execution, holder: run });
          return reserved(newest.amount);
        }
        if (generation.reservations.length !== after) {
          if (newest.execution !== execution) return { outcome: 'closed' };
          if (!proven) return { outcome: 'not_newest' };
        }
      } else {
        if (after > 0) return { outcome: 'closed' };
        const called = model.runs[command.generation];
        if (called && number(model, command.generation, run, proven)) return { outcome: 'closed' };
      }
      if (model.balance < price) return { outcome: 'insufficient', balance: model.balance, price };
      model.generations[command.generation] ??= { inputHash: command.inputHash, output: null, reservations: [] };
      model.generations[command.generation]?.reservations.push({
        ...{ execution, holder: run, amount: price, cost: null, state: 'RESERVED', reason: null, refundedBy: null },
      });
      move(model, 'RESERVE', -price, price);
      return reserved(price);
    }
    case 'settle': {
      if (newest?.state === 'SETTLED') return delivered();
      if (generation && newest?.state === 'RESERVED' && newest.holder === command.run) {
        const cost = command.cost ?? newest.amount;
        if (cost > newest.amount) return { outcome: 'refused' };
        Object.assign(newest, { state: 'SETTLED', cost });
        generation.output = command.output;
        move(model, 'SETTLE', newest.amount - cost, -newest.amount);
        return { outcome: 'settled', amount: cost, output: command.output };
      }
      if (newest) number(model, command.generation, command.run, false);
      return { outcome: 'closed' };
    }
    case 'refund': {
      const { run, proven, reason } = command;
      if (!model.exists) return { outcome: 'nothing_held' };
      if (newest?.state === 'SETTLED') return delivered();
      if (newest?.state === 'REFUNDED' && newest.refundedBy === run) {
        return { outcome: 'refunded', amount: newest.amount, reason: newest.reason };
      }
      number(model, command.generation, run, proven);
      const runs = model.runs[command.generation] ?? [];
      const place = runs.findIndex((known) => known.run === run);
      if (newest && !proven && (newest.state === 'REFUNDED' || newest.holder !== run)) return { outcome: 'not_newest' };
      for (const known of newest ? runs.slice(0, place + 1) : runs.slice(place, place + 1)) known.closed = true;
      return newest?.state === 'RESERVED' ? giveBack(model, newest, run, reason) : { outcome: 'nothing_held' };
    }
    case 'sweep': {
      if (newest?.state !== 'RESERVED' || newest.holder !== command.holder) return { outcome: 'nothing_held' };
      for (const run of [command.holder, command.newest]) if (run) number(model, command.generation, run, false);
      for (const known of model.runs[command.generation] ?? []) known.closed = true;
      return giveBack(model, newest, command.newest ?? command.holder, 'WORKFLOW_LOST');
    }
  }
}

/** Numbers the run at its first call; one that has proven to be the newest goes to the top. Whether it is closed. */
function number(model: Model, generation: string, run: string, proven: boolean): boolean {
  const first = model.generations[generation]?.reservations.at(-1)?.holder;
  model.runs[generation] ??= first === undefined ? [] : [{ run: first, closed: false }];
  const runs = model.runs[generation];
  const known = runs.find((one) => one.run === run) ?? { run, closed: false };
  if (!runs.includes(known)) runs.push(known);
  else if (proven) runs.push(...runs.splice(runs.indexOf(known), 1));
  return known.closed;
}

function giveBack(model: Model, newest: Reservation, run: string, reason: string): Answer {
  Object.assign(newest, { state: 'REFUNDED', reason, refundedBy: run });
  move(model, 'REFUND', newest.amount, -newest.amount);
  return { outcome: 'refunded', amount: newest.amount, reason };
}

function credit(model: Model, { do: what, key, amount }: Command & { do: 'grant' | 'adjust' }): Answer {
  const [kind, done] = what === 'grant' ? (['GRANT', 'granted'] as const) : (['ADJUST', 'adjusted'] as const);
  if (kind === 'ADJUST' && !model.exists) return { outcome: 'unknown_account' };
  const known = model.credited[key];
  if (!known) {
    if (model.balance + amount < 0) return { outcome: 'insufficient', balance: model.balance, price: -amount };
    model.exists = true;
    model.credited[key] = { kind, amount };
    move(model, kind, amount, 0);
  }
  const outcome = !known || (known.kind === kind && known.amount === amount) ? done : 'conflict';
  return { outcome, amount: known?.amount ?? amount, balance: model.balance, held: model.held };
}

function move(model: Model, kind: string, balanceDelta: number, heldDelta: number): void {
  model.balance += balanceDelta;
  model.held += heldDelta;
  // Adding 0 makes a plain zero of -0, which the database does not know.
  model.entries.push([kind, balanceDelta + 0, heldDelta + 0, model.balance].join(' '));
}

/**
 * Whether the answers can have come from the commands being done one after another, in some order, ending in a state
 * that `isSo`. Answers that state.
 */
export function linearise(
  model: Model,
  done: readonly { command: Command; answer: Answer }[],
  isSo: (model: Model) => boolean,
): Model | undefined {
  if (done.length === 0) return isSo(model) ? model : undefined;
  for (const [index, { command, answer }] of done.entries()) {
    const next = step(model, command);
    if (!equal(next.answer, answer)) continue;
    const found = linearise(next.model, done.toSpliced(index, 1), isSo);
    if (found) return found;
  }
  return undefined;
}

const equal = (a: Answer, b: Answer) =>
  JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
