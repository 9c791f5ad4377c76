import { isDeepStrictEqual } from 'node:util';
import type { Ended } from '../../client/progress';
import { type ErrorCode, MakegoodError } from '../../errors';
import { type Brief, briefsOf } from './briefs';
import type { Stage } from './stage';

export interface Scene {
  readonly title: string;
  play(stage: Stage): Promise<void>;
}

/** The account whose statement is shown; the scenes about a short balance have their own. */
export const ACCOUNT = 'acme';
export const CREDITS = 20;
/** What is right at the end: seven of its scenes end with one net charge. */
export const SPENT = 7;

const [CHARGED, RESERVED, SETTLED, REFUNDED] = [['RESERVE −1', 'SETTLE'], 'RESERVE −1', 'SETTLE', 'REFUND +1'];
const fails = (times: number, reason: string) => Array.from({ length: times }, () => reason);
/** The cap on attempts of `workflows/order.ts`. */
const ATTEMPTS = 5;

/** A brief that is started and followed to its end. */
function simple(title: string, key: string, expected: Parameters<Stage['expect']>[1]): Scene {
  return {
    title,
    async play(stage) {
      const [brief] = briefsOf(key, ACCOUNT);
      await stage.start(brief);
      await stage.follow(brief);
      await stage.expect(brief, expected);
    },
  };
}

/** Told first: it is started before the worker is, and goes on once `worker` has come. */
export function noWorker(worker: Promise<unknown>, started: () => void): Scene {
  return {
    title: 'Started with no worker running: pending, and it runs when one comes',
    async play(stage) {
      const [brief] = briefsOf('no-worker', ACCOUNT);
      const { status } = await stage.start(brief);
      stage.check(`the start is ${status}`, status === 'pending', 'should be pending');
      await stage.expect(brief, { moves: [], workflow: 'RUNNING', asked: 0 });
      stage.say('a worker starts');
      started();
      await worker;
      await stage.follow(brief);
      await stage.expect(brief, { moves: CHARGED, workflow: 'COMPLETED', asked: 1 });
    },
  };
}

export const SCENES: readonly Scene[] = [
  simple('Succeeds at once: one charge', 'at-once', { moves: CHARGED, workflow: 'COMPLETED', asked: 1, failed: [] }),
  {
    title: 'Asked again under the same id: the same draft, one charge, the provider is not asked again',
    async play(stage) {
      const [brief] = briefsOf('same-id', ACCOUNT);
      await stage.start(brief);
      const first = await stage.follow(brief);
      const again = await stage.makegood.start(brief);
      stage.check('the same draft', isDeepStrictEqual(draftOf(again as Ended), draftOf(first)));
      await stage.expect(brief, { moves: CHARGED, workflow: 'COMPLETED', asked: 1 });
    },
  },
  simple('Fails twice, then works: one charge, no refund', 'flaky', {
    moves: CHARGED,
    workflow: 'COMPLETED',
    asked: 3,
    failed: fails(2, 'PROVIDER_UNAVAILABLE'),
  }),
  simple('Rate limited: waits as long as the provider asks, one charge', 'rate-limited', {
    moves: CHARGED,
    workflow: 'COMPLETED',
    asked: 2,
    failed: ['PROVIDER_RATE_LIMITED'],
  }),
  simple('Refused by the provider: no further attempt, refund', 'refused', {
    moves: [RESERVED, REFUNDED],
    workflow: 'FAILED',
    asked: 1,
    failed: ['PROVIDER_REFUSED'],
  }),
  simple('Fails for good: exact refund with its reason, workflow failed', 'down', {
    moves: [RESERVED, REFUNDED],
    workflow: 'FAILED',
    asked: ATTEMPTS,
    failed: fails(ATTEMPTS, 'PROVIDER_UNAVAILABLE'),
  }),
  simple('The draft comes back garbled: nothing was delivered, refund', 'garbled', {
    moves: [RESERVED, REFUNDED],
    workflow: 'FAILED',
    asked: ATTEMPTS,
    failed: fails(ATTEMPTS, 'OUTPUT_UNUSABLE'),
  }),
  {
    title: 'Fails, is retried by the customer and succeeds: −, +, −, one net charge',
    async play(stage) {
      const brief = await refundedFirst(stage, 'retried');
      await stage.follow(brief);
      await stage.expect(brief, {
        moves: [RESERVED, REFUNDED, RESERVED, SETTLED],
        workflow: 'COMPLETED',
        asked: ATTEMPTS + 1,
      });
    },
  },
  {
    title: 'Fails, is retried and fails again: two charges, two refunds',
    async play(stage) {
      const brief = await refundedFirst(stage, 'retried-in-vain');
      await stage.follow(brief);
      await stage.expect(brief, {
        moves: [RESERVED, REFUNDED, RESERVED, REFUNDED],
        workflow: 'FAILED',
        asked: 2,
        failed: fails(2, 'PROVIDER_REFUSED'),
      });
    },
  },
  {
    title: 'The same id with another brief: a conflict, and the loser writes nothing',
    async play(stage) {
      const [brief] = briefsOf('conflict', ACCOUNT);
      await stage.start(brief);
      await stage.follow(brief);
      const loser = { ...brief, input: { ...brief.input, goal: 'Something else altogether' } };
      await refusedWith(stage, loser, 'GENERATION_CONFLICT');
      await stage.expect(brief, { moves: CHARGED, workflow: 'COMPLETED', asked: 1 });
    },
  },
  {
    title: 'The balance is too short: rejected at the start, nothing written, the provider never asked',
    async play(stage) {
      const [first, second] = briefsOf('too-short', 'maple-agency');
      await stage.makegood.grant({ account: first.account, credits: 1, reason: 'Trial' });
      await stage.start(first);
      await stage.follow(first);
      await refusedWith(stage, second as Brief, 'INSUFFICIENT_CREDITS');
      await stage.expect(second as Brief, { moves: [], asked: 0 });
      await stage.expectBalance(first.account, 0);
    },
  },
  {
    title: 'One credit and two generations at once: exactly one runs',
    async play(stage) {
      const briefs = briefsOf('one-credit', 'lena-photo');
      await stage.makegood.grant({ account: briefs[0].account, credits: 1, reason: 'Trial' });
      const starts = await Promise.allSettled(briefs.map((brief) => stage.start(brief)));
      const winner = briefs[starts.findIndex(({ status }) => status === 'fulfilled')] ?? briefs[0];
      const running = starts.filter(({ status }) => status === 'fulfilled').length;
      stage.check(`${running} of ${briefs.length} runs`, running === 1, 'exactly one should');
      await stage.follow(winner);
      await stage.expect(winner, { moves: CHARGED, workflow: 'COMPLETED', asked: 1 });
      for (const loser of briefs.filter((brief) => brief !== winner))
        await stage.expect(loser, { moves: [], asked: 0 });
      await stage.expectBalance(winner.account, 0);
    },
  },
  {
    title: 'Cancelled in the middle of the draft: refund, and the request to the provider is aborted',
    async play(stage) {
      const [brief] = briefsOf('cancelled', ACCOUNT);
      await stage.start(brief);
      await stage.expect(brief, { asked: 1, moves: [RESERVED] });
      stage.say('the customer cancels');
      await stage.makegood.cancel(brief.account, brief.id);
      await stage.follow(brief);
      await stage.expect(brief, { moves: [RESERVED, REFUNDED], workflow: 'CANCELLED', asked: 1, aborted: 1 });
    },
  },
];

/** Fails for good, and is retried. */
async function refundedFirst(stage: Stage, key: string): Promise<Brief> {
  const [brief] = briefsOf(key, ACCOUNT);
  await stage.start(brief);
  const { status } = await stage.follow(brief);
  stage.check(`the first is ${status}`, status === 'refunded', 'should be refunded');
  stage.say('the customer tries again');
  await stage.makegood.retry(brief.account, brief.id);
  return brief;
}

async function refusedWith(stage: Stage, brief: Brief, code: ErrorCode): Promise<void> {
  const answer = await stage.makegood.start(brief).then(
    ({ status }) => status,
    (error) => {
      if (!(error instanceof MakegoodError)) throw error;
      stage.say(error.message);
      return error.code;
    },
  );
  stage.check(`the start is answered ${answer}`, answer === code, `should be ${code}`);
}

const draftOf = (end: Ended) => (end.status === 'succeeded' ? end.output : undefined);
