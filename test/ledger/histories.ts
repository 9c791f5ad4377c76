import fc from 'fast-check';
import type { Command } from './model';

// Few names, so that the commands meet.
const generation = fc.constantFrom('g1', 'g1', 'g2');
const caller = fc
  .tuple(fc.constantFrom('t1', 't1', 't2'), fc.constantFrom('', '', '.reset', '.again'))
  // An execution is named after its first run.
  .map(([execution, run]) => ({ execution, run: `${execution}${run}` }));
const proven = fc.constantFrom(false, false, true);
const key = fc.constantFrom('k1', 'k2', 'k3');
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('grant' as const),
      key,
      amount: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('adjust' as const), key, amount: fc.constantFrom(-2, -1, 1, 2) }),
  },
  {
    weight: 5,
    arbitrary: fc
      .record({
        price: fc.integer({ min: 0, max: 3 }),
        inputHash: fc.constantFrom('a', 'a', 'a', 'a', 'b'),
        after: fc.constantFrom(0, 0, 1, 1, 2),
        proven,
      })
      .chain((what) =>
        fc.tuple(generation, caller).map(([id, who]) => ({ do: 'reserve' as const, generation: id, ...who, ...what })),
      ),
  },
  {
    weight: 5,
    arbitrary: fc
      // Some cost less than is held, some more.
      .tuple(generation, caller, fc.constantFrom('x', 'y', 'z'), fc.constantFrom(undefined, undefined, 0, 1, 2))
      .map(([id, who, text, cost]) => ({ do: 'settle' as const, generation: id, ...who, output: { text }, cost })),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(generation, caller, fc.constantFrom('CANCELLED' as const, 'PROVIDER_REFUSED' as const), proven)
      .map(([id, who, reason, isProven]) => ({
        do: 'refund' as const,
        generation: id,
        ...who,
        reason,
        proven: isProven,
      })),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(generation, caller, fc.option(caller)).map(([id, { run }, newest]) => ({
      ...{ do: 'sweep' as const, generation: id, holder: run, newest: newest?.run ?? null },
    })),
  },
);
/** A command, and whether its first answer is lost, so that it is asked again. */
const asked = fc.record({ command, twice: fc.nat(4).map((n) => n === 0) });
const one = fc.array(asked, { minLength: 1, maxLength: 1 });
const several = fc.array(asked, { minLength: 2, maxLength: 4 });
const batches = fc.array(fc.oneof({ weight: 2, arbitrary: one }, { weight: 1, arbitrary: several }), {
  minLength: 1,
  maxLength: 14,
});

const once = (command: Command) => [{ command, twice: false }];
const funded = (amount: number) => once({ do: 'grant', key: 'k0', amount });
const opening = fc.oneof(
  { weight: 4, arbitrary: fc.constant([]) },
  // Without credits nothing happens: most accounts begin with some.
  { weight: 20, arbitrary: fc.integer({ min: 1, max: 6 }).map((amount) => [funded(amount)]) },
);
/** Batches of commands; those of one batch go out at once. */
export const history = fc.tuple(opening, batches).map(([begin, rest]) => [...begin, ...rest]);
