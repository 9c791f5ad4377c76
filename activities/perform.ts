import { activityInfo } from '@temporalio/activity';
import { asDelivered, type Delivered } from '../kinds/delivered';
import type { OutputOf, PaidWork, ParsedInputOf } from '../kinds/paid-work';
import type { Database } from '../ledger/database';
import { activityOf, type StepCall } from '../workflows/step-call';
import { attempt } from './attempt';
import { WorkFailure } from './work-failure';

/** One attempt, as the work sees it. */
export interface Attempt {
  /** Aborted when the attempt's time is nearly up, and when the generation is cancelled. Give it to every request. */
  readonly signal: AbortSignal;
  /** From 1, in this run of the workflow. */
  readonly number: number;
  readonly account: string;
  readonly id: string;
  readonly kind: string;
  /** What the customer sees it as. */
  readonly label: string;
  /**
   * Of this attempt alone: for finding its calls in a provider's log. No idempotency key: a gateway that honours one for
   * all attempts would answer each of them with the same garbled output.
   */
  readonly requestId: string;
  /** Milliseconds that the attempt may take in all. */
  readonly timeoutMs: number;
}

/** A step of paid work, to be given to `makegoodPlugin`. */
export interface Step<Name extends string = string, Argument = never, Result = unknown> {
  readonly of: PaidWork;
  readonly name: Name;
  /** The name of its activity. */
  readonly activity: string;
  readonly run: (argument: Argument, attempt: Attempt) => Promise<Result>;
}

/** The whole work of a kind of one step: `work` makes one attempt, and its result is what the customer pays for. */
export function perform<W extends PaidWork>(
  kind: W,
  work: (input: ParsedInputOf<W>, attempt: Attempt) => Promise<OutputOf<W> | Delivered<OutputOf<W>>>,
): Step<'', ParsedInputOf<W>, Delivered<OutputOf<W>>> {
  return {
    of: kind,
    name: '',
    activity: activityOf(kind.kind),
    run: async (input, attempt) => {
      const { output, credits } = asDelivered(await work(input, attempt));
      const parsed = kind.output.safeParse(output);
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        throw new WorkFailure('OUTPUT_UNUSABLE', `the output's ${issue?.path.join('.') || 'form'} ${issue?.message}`);
      }
      return { output: parsed.data as OutputOf<W>, ...(credits === undefined ? {} : { credits }) };
    },
  };
}

/** One of several steps: its workflow (`paidWorkflow`, `pay`) calls it by its name, and goes on with its result. */
export const step = <const Name extends string, Argument, Result>(
  kind: PaidWork,
  name: Name,
  work: (argument: Argument, attempt: Attempt) => Promise<Result>,
): Step<Name, Argument, Result> => ({ of: kind, name, activity: activityOf(kind.kind, name), run: work });

/** The activities of these steps, by their names. */
export function stepActivities(db: Database, steps: readonly Step[]) {
  return Object.fromEntries(
    steps.map(({ of, activity, run }) => [
      activity,
      ({ generationRun, label }: StepCall, argument: unknown) =>
        attempt(db, generationRun, activity, of.reasons, (signal) =>
          run(argument as never, attemptOf(of, { generationRun, label }, signal)),
        ),
    ]),
  );
}

function attemptOf({ kind }: PaidWork, { generationRun, label }: StepCall, signal: AbortSignal): Attempt {
  const { attempt, startToCloseTimeoutMs } = activityInfo();
  const { account, generation, run } = generationRun;
  return {
    signal,
    number: attempt,
    account,
    id: generation,
    kind,
    label,
    requestId: `${account}/${generation}/${run}/${attempt}`,
    timeoutMs: startToCloseTimeoutMs,
  };
}
