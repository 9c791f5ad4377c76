import { ApplicationFailure } from '@temporalio/common';
import { ActivityCancellationType, AsyncLocalStorage, proxyActivities } from '@temporalio/workflow';
import type { Step } from '../activities/perform';
import type { Delivered } from '../kinds/delivered';
import type { PaidWork } from '../kinds/paid-work';
import type { GenerationRun } from '../ledger/outcomes';
import type { Order } from './order';
import { activityOf, type StepCall } from './step-call';

interface Paying {
  readonly order: Order;
  readonly generationRun: GenerationRun;
}

const paying = new AsyncLocalStorage<Paying>();

/** Runs `work` as the paid work of this order: the steps that it calls belong to it. */
export const asPaidWork = <T>(order: Order, generationRun: GenerationRun, work: () => Promise<T>): Promise<T> =>
  paying.run({ order, generationRun }, work);

/** The whole work of a kind of one step. */
export const onlyStep = (order: Order): Promise<Delivered<unknown>> =>
  callStep(order.kind, undefined, order.input) as Promise<Delivered<unknown>>;

/** What a module's steps are to a workflow: functions of their argument. */
export type StepsOf<Module> = {
  readonly [Each in keyof Module as Module[Each] extends Step<infer Name, never, unknown>
    ? Name
    : never]: Module[Each] extends Step<string, infer Argument, infer Result>
    ? (argument: Argument) => Promise<Result>
    : never;
};

/**
 * The steps of a kind, to be called in its workflow (`paidWorkflow`, `pay`): each is tried, timed and recorded on its
 * own, as hard as the kind says. `Module` is the type of the module that defines them: `steps<typeof activities>(kind)`.
 */
export function steps<Module>(work: PaidWork): StepsOf<Module> {
  return new Proxy({} as StepsOf<Module>, {
    get: (_, name) => (argument: unknown) => callStep(work.kind, String(name), argument),
  });
}

function callStep(kind: string, step: string | undefined, argument: unknown): Promise<unknown> {
  const { order, generationRun } = paying.getStore() ?? {};
  if (!order || !generationRun || order.kind !== kind) {
    const message = `The step ${activityOf(kind, step)} is called outside the paid work of ${kind}: nobody pays for it.`;
    throw ApplicationFailure.nonRetryable(message, 'INTERNAL_ERROR');
  }
  const { tries, label } = order;
  const activities = proxyActivities<Record<string, (call: StepCall, argument: unknown) => Promise<unknown>>>({
    summary: label,
    startToCloseTimeout: tries.attemptTimeout,
    scheduleToCloseTimeout: tries.totalTimeout,
    heartbeatTimeout: tries.heartbeatTimeout,
    // Written out: the typings call it the default, but on the wire nothing means TRY_CANCEL, and the refund would
    // be made while the provider still works.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: {
      maximumAttempts: tries.attempts,
      initialInterval: tries.firstRetryDelay,
      backoffCoefficient: 3,
      maximumInterval: tries.maxRetryDelay,
    },
  });
  const call: StepCall = { generationRun, label };
  return (activities[activityOf(kind, step)] as (call: StepCall, argument: unknown) => Promise<unknown>)(
    call,
    argument,
  );
}
