import fc from 'fast-check';
import type { Command } from './model';

// Few names, so that the commands meet.
const generation = fc.constantFrom('g1', 'g1', 'g2');
const caller = fc
  .tuple(fc.constantFrom('t1', 't1', 't2'), fc.constantFrom('', '', '.reset', '.again'))
  // A try is named after its first run.
  .map(([executionId, run]) => ({ execution: executionId, run: `${executionId}${run}` }));
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('grant' as const),
      key: fc.constantFrom('k1', 'k2', 'k3'),
      amount: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc
      .record({
        price: fc.integer({ min: 0, max: 3 }),
        inputHash: fc.constantFrom('a', 'a', 'a', 'a', 'b'),
        after: fc.constantFrom(0, 0, 1, 1, 2),
      })
      .chain((what) =>
        fc.tuple(generation, caller).map(([id, who]) => ({ do: 'reserve' as const, generation: id, ...who, ...what })),
      ),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(generation, caller, fc.constantFrom('x', 'y', 'z'))
      .map(([id, who, draft]) => ({ do: 'settle' as const, generation: id, ...who, output: draft })),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(generation, caller, fc.constantFrom('CANCELLED' as const, 'PROVIDER_REFUSED' as const), fc.nat(9))
      .map(([id, who, reason, everyRun]) => ({
        do: 'refund' as const,
        generation: id,
        execution: who.execution,
        run: everyRun === 0 ? '*' : who.run,
        reason,
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
const first = { generation: 'g1', execution: 't1', run: 't1' };
/** The rarest way to a row of the table: a reset after the refund, when the credits have gone elsewhere. */
const spentMeanwhile = (price: number) => [
  funded(3),
  once({ do: 'reserve', ...first, price, inputHash: 'a' }),
  once({ do: 'refund', ...first, reason: 'CANCELLED' }),
  once({ do: 'reserve', generation: 'g2', execution: 't2', run: 't2', price: 3, inputHash: 'a' }),
  once({ do: 'settle', ...first, run: 't1.reset', output: 'x' }),
];
const opening = fc.oneof(
  { weight: 4, arbitrary: fc.constant([]) },
  // Without credits nothing happens: most accounts begin with some.
  { weight: 20, arbitrary: fc.integer({ min: 1, max: 6 }).map((amount) => [funded(amount)]) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 3 }).map(spentMeanwhile) },
);
/** Batches of commands; those of one batch go out at once. */
export const history = fc.tuple(opening, batches).map(([begin, rest]) => [...begin, ...rest]);
