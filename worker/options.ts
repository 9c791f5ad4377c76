import type { UpkeepPolicy } from '../activities/upkeep';
import { wholeNumber } from '../settings';

type Env = Readonly<Record<string, string | undefined>>;

/** How a worker works, in milliseconds where it is a time. Each has a variable, for those whose work differs. */
export function workerOptions(env: Env = process.env) {
  return {
    /**
     * How long the drafts under way may still take when a worker is told to stop; what is left then is handed back and
     * tried elsewhere. Below the 30 s that Kubernetes gives between SIGTERM and SIGKILL.
     */
    shutdownGraceTime: wholeNumber(env, 'MAKEGOOD_SHUTDOWN_GRACE_MS', 20_000, 0, 3_600_000),
    /**
     * The SDK sends at most one heartbeat in this time, whatever the activity does. Below half of the heartbeat
     * timeout (1.5 s), or a single lost beat would make a living worker look dead. A cancellation is heard of as fast.
     */
    maxHeartbeatThrottleInterval: wholeNumber(env, 'MAKEGOOD_HEARTBEAT_THROTTLE_MS', 500, 50, 60_000),
    /**
     * A workflow whose worker was killed waits this long for it before another takes it over: it is most of what a kill
     * costs a draft that is just done. Longer than a task waits on a busy worker (four hundred at once on two cores: none
     * was given up), because one that is given up is replayed from its start, which makes a busy worker busier.
     */
    stickyQueueScheduleToStartTimeout: wholeNumber(env, 'MAKEGOOD_STICKY_TIMEOUT_MS', 1_000, 100, 60_000),
    /** Drafts wait for a provider, not for the processor: many fit. */
    maxConcurrentActivityTaskExecutions: wholeNumber(env, 'MAKEGOOD_MAX_ACTIVITIES', 200, 1, 10_000),
  };
}

/** How often the sweep and the audit are made, and what they look at; times in milliseconds. */
export function upkeepPolicy(env: Env = process.env): UpkeepPolicy {
  return {
    /**
     * From the end of one sweep to the next: with the grace below, what an operator terminates is refunded within five
     * seconds, and within ten on a busy machine or when the worker that sweeps is killed meanwhile.
     */
    periodMs: wholeNumber(env, 'MAKEGOOD_SWEEP_PERIOD_MS', 3_000, 10, 3_600_000),
    /** Most generations are through by then, and need not be looked at. It saves requests; safety needs no grace. */
    graceMs: wholeNumber(env, 'MAKEGOOD_SWEEP_GRACE_MS', 2_000, 0, 3_600_000),
    /**
     * Open reservations that a sweep looks at in turn: where there are no more, all of them each time. Where there are
     * more, what was terminated is found by visibility, and all are seen once in a while: ten thousand in three minutes.
     * Each is one request to Temporal: about 70 a second.
     */
    looks: wholeNumber(env, 'MAKEGOOD_SWEEP_LOOKS', 200, 1, 10_000),
    /** Twice what all the attempts of a draft may take together: longer is no slow provider, but a fault. */
    heldLimitMs: wholeNumber(env, 'MAKEGOOD_HELD_LIMIT_MS', 600_000, 1, 86_400_000),
    /** Far below the hour for which an audit looks back at refunded reservations, so that it sees each of them. */
    auditPeriodMs: wholeNumber(env, 'MAKEGOOD_AUDIT_PERIOD_MS', 600_000, 10, 3_600_000),
  };
}
