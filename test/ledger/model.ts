// The ledger as the table in the design says it, in a few plain objects: what the SQL functions are held against.

export type Command =
  | { do: 'grant'; key: string; amount: number }
  | {
      do: 'reserve';
      generation: string;
      execution: string;
      run: string;
      price: number;
      inputHash: string;
      after?: number;
    }
  | { do: 'settle'; generation: string; execution: string; run: string; output: string }
  | { do: 'refund'; generation: string; execution: string; run: string; reason: 'CANCELLED' | 'PROVIDER_REFUSED' };

export interface Answer {
  readonly outcome: string;
  readonly [more: string]: unknown;
}

interface Reservation {
  execution: string;
  amount: number;
  state: 'RESERVED' | 'SETTLED' | 'REFUNDED';
  reason: string | null;
  refundedBy: string | null;
}

export interface Model {
  /** Since the first grant. */
  exists: boolean;
  balance: number;
  held: number;
  grants: Record<string, number>;
  tombstones: string[];
  generations: Record<string, { inputHash: string; output: string | null; reservations: Reservation[] }>;
  /** `RESERVE -3 3 7`: kind, change of balance, change of held, balance after. */
  entries: string[];
}

export const emptyModel = (): Model => ({
  exists: false,
  balance: 0,
  held: 0,
  grants: {},
  tombstones: [],
  generations: {},
  entries: [],
});

/** The state after the command, and what the caller hears. The state that came in is left as it was. */
export function step(before: Model, command: Command): { model: Model; answer: Answer } {
  const model = structuredClone(before);
  return { model, answer: apply(model, command) };
}

function apply(model: Model, command: Command): Answer {
  if (command.do === 'grant') return grant(model, command);
  const generation = model.generations[command.generation];
  const newest = generation?.reservations.at(-1);
  const tombstone = (run: string) => `${command.generation} ${command.execution} ${run}`;
  const closed = [command.run, '*'].some((run) => model.tombstones.includes(tombstone(run)));
  const delivered = () => ({ outcome: 'delivered', output: generation?.output });

  switch (command.do) {
    case 'reserve': {
      if (!model.exists) return { outcome: 'unknown_account' };
      if (closed) return { outcome: 'closed' };
      if (generation && generation.inputHash !== command.inputHash) return { outcome: 'conflict' };
      if (newest?.state === 'SETTLED') return delivered();
      if (newest?.state === 'RESERVED') {
        newest.execution = command.execution;
        return { outcome: 'reserved', amount: newest.amount, balance: model.balance, held: model.held };
      }
      // Refunded: a reset of that try may pay again, and a retry that has seen that refund.
      const seen = generation?.reservations.length === (command.after ?? 0);
      if (newest && newest.execution !== command.execution && !seen) return { outcome: 'closed' };
      if (model.balance < command.price) {
        return { outcome: 'insufficient', balance: model.balance, price: command.price };
      }
      model.generations[command.generation] ??= { inputHash: command.inputHash, output: null, reservations: [] };
      open(model, command.generation, command.execution, command.price);
      return { outcome: 'reserved', amount: command.price, balance: model.balance, held: model.held };
    }
    case 'settle': {
      if (newest?.state === 'SETTLED') return delivered();
      if (!generation || !newest || newest.execution !== command.execution || closed) return { outcome: 'closed' };
      if (newest.state === 'REFUNDED') {
        if (model.balance < newest.amount) {
          return { outcome: 'insufficient', balance: model.balance, price: newest.amount };
        }
        open(model, command.generation, command.execution, newest.amount);
      }
      const paid = generation.reservations.at(-1) as Reservation;
      paid.state = 'SETTLED';
      generation.output = command.output;
      move(model, 'SETTLE', 0, -paid.amount);
      return { outcome: 'settled', amount: paid.amount, output: command.output };
    }
    case 'refund': {
      // A try is named after its first run, which a reset has replaced when a later run refunds.
      for (const run of [command.run, command.execution]) {
        if (!model.tombstones.includes(tombstone(run))) model.tombstones.push(tombstone(run));
      }
      if (newest?.state === 'SETTLED') return delivered();
      if (!newest || newest.execution !== command.execution) return { outcome: 'nothing_held' };
      if (newest.state === 'REFUNDED') {
        if (newest.refundedBy !== command.run) return { outcome: 'nothing_held' };
        return { outcome: 'refunded', amount: newest.amount, reason: newest.reason };
      }
      Object.assign(newest, { state: 'REFUNDED', reason: command.reason, refundedBy: command.run });
      move(model, 'REFUND', newest.amount, -newest.amount);
      return { outcome: 'refunded', amount: newest.amount, reason: command.reason };
    }
  }
}

function grant(model: Model, { key, amount }: Command & { do: 'grant' }): Answer {
  const known = model.grants[key];
  if (known === undefined) {
    model.exists = true;
    model.grants[key] = amount;
    move(model, 'GRANT', amount, 0);
  }
  const granted = known ?? amount;
  const outcome = granted === amount ? 'granted' : 'conflict';
  return { outcome, amount: granted, balance: model.balance, held: model.held };
}

function open(model: Model, generation: string, executionId: string, amount: number): void {
  model.generations[generation]?.reservations.push({
    execution: executionId,
    amount,
    state: 'RESERVED',
    reason: null,
    refundedBy: null,
  });
  move(model, 'RESERVE', -amount, amount);
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
