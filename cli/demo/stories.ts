import { isDeepStrictEqual } from 'node:util';
import type { Ended } from '../../client/progress';
import { type ErrorCode, MakegoodError } from '../../errors';
import { type Brief, briefsOf } from './briefs';
import type { Scene } from './scene';

export interface Story {
  readonly title: string;
  tell(scene: Scene): Promise<void>;
}

/** The account whose statement is shown; the stories about a short balance have their own. */
export const ACCOUNT = 'acme';
export const CREDITS = 20;
/** What is right at the end: seven of its stories end with one net charge. */
export const SPENT = 7;

const [CHARGED, RESERVED, SETTLED, REFUNDED] = [['RESERVE −1', 'SETTLE'], 'RESERVE −1', 'SETTLE', 'REFUND +1'];
const fails = (times: number, reason: string) => Array.from({ length: times }, () => reason);
/** The cap on attempts of `workflows/order.ts`. */
const ATTEMPTS = 5;

/** A brief that is started and followed to its end. */
function simple(title: string, key: string, expected: Parameters<Scene['expect']>[1]): Story {
  return {
    title,
    async tell(scene) {
      const [brief] = briefsOf(key, ACCOUNT);
      await scene.start(brief);
      await scene.follow(brief);
      await scene.expect(brief, expected);
    },
  };
}

/** Told first: it is started before the worker is, and goes on once `worker` has come. */
export function noWorker(worker: Promise<unknown>, started: () => void): Story {
  return {
    title: 'Started with no worker running: pending, and it runs when one comes',
    async tell(scene) {
      const [brief] = briefsOf('no-worker', ACCOUNT);
      const { status } = await scene.start(brief);
      scene.check(`the start is ${status}`, status === 'pending', 'should be pending');
      await scene.expect(brief, { moves: [], workflow: 'RUNNING', asked: 0 });
      scene.say('a worker starts');
      started();
      await worker;
      await scene.follow(brief);
      await scene.expect(brief, { moves: CHARGED, workflow: 'COMPLETED', asked: 1 });
    },
  };
}

export const STORIES: readonly Story[] = [
  simple('Succeeds at once: one charge', 'at-once', { moves: CHARGED, workflow: 'COMPLETED', asked: 1, failed: [] }),
  {
    title: 'Asked again under the same id: the same draft, one charge, the provider is not asked again',
    async tell(scene) {
      const [brief] = briefsOf('same-id', ACCOUNT);
      await scene.start(brief);
      const first = await scene.follow(brief);
      const again = await scene.makegood.start(brief);
      scene.check('the same draft', isDeepStrictEqual(draftOf(again as Ended), draftOf(first)));
      await scene.expect(brief, { moves: CHARGED, workflow: 'COMPLETED', asked: 1 });
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
    async tell(scene) {
      const brief = await refundedFirst(scene, 'retried');
      await scene.follow(brief);
      await scene.expect(brief, {
        moves: [RESERVED, REFUNDED, RESERVED, SETTLED],
        workflow: 'COMPLETED',
        asked: ATTEMPTS + 1,
      });
    },
  },
  {
    title: 'Fails, is retried and fails again: two charges, two refunds',
    async tell(scene) {
      const brief = await refundedFirst(scene, 'retried-in-vain');
      await scene.follow(brief);
      await scene.expect(brief, {
        moves: [RESERVED, REFUNDED, RESERVED, REFUNDED],
        workflow: 'FAILED',
        asked: 2,
        failed: fails(2, 'PROVIDER_REFUSED'),
      });
    },
  },
  {
    title: 'The same id with another brief: a conflict, and the loser writes nothing',
    async tell(scene) {
      const [brief] = briefsOf('conflict', ACCOUNT);
      await scene.start(brief);
      await scene.follow(brief);
      const loser = { ...brief, input: { ...brief.input, goal: 'Something else altogether' } };
      await refusedWith(scene, loser, 'GENERATION_CONFLICT');
      await scene.expect(brief, { moves: CHARGED, workflow: 'COMPLETED', asked: 1 });
    },
  },
  {
    title: 'The balance is too short: rejected at the start, nothing written, the provider never asked',
    async tell(scene) {
      const [first, second] = briefsOf('too-short', 'maple-agency');
      await scene.makegood.grant({ account: first.account, credits: 1, reason: 'Trial' });
      await scene.start(first);
      await scene.follow(first);
      await refusedWith(scene, second as Brief, 'INSUFFICIENT_CREDITS');
      await scene.expect(second as Brief, { moves: [], asked: 0 });
      await scene.expectBalance(first.account, 0);
    },
  },
  {
    title: 'One credit and two generations at once: exactly one runs',
    async tell(scene) {
      const briefs = briefsOf('one-credit', 'lena-photo');
      await scene.makegood.grant({ account: briefs[0].account, credits: 1, reason: 'Trial' });
      const starts = await Promise.allSettled(briefs.map((brief) => scene.start(brief)));
      const winner = briefs[starts.findIndex(({ status }) => status === 'fulfilled')] ?? briefs[0];
      const running = starts.filter(({ status }) => status === 'fulfilled').length;
      scene.check(`${running} of ${briefs.length} runs`, running === 1, 'exactly one should');
      await scene.follow(winner);
      await scene.expect(winner, { moves: CHARGED, workflow: 'COMPLETED', asked: 1 });
      for (const loser of briefs.filter((brief) => brief !== winner))
        await scene.expect(loser, { moves: [], asked: 0 });
      await scene.expectBalance(winner.account, 0);
    },
  },
  {
    title: 'Cancelled in the middle of the draft: refund, and the request to the provider is aborted',
    async tell(scene) {
      const [brief] = briefsOf('cancelled', ACCOUNT);
      await scene.start(brief);
      await scene.expect(brief, { asked: 1, moves: [RESERVED] });
      scene.say('the customer cancels');
      await scene.makegood.cancel(brief.account, brief.id);
      await scene.follow(brief);
      await scene.expect(brief, { moves: [RESERVED, REFUNDED], workflow: 'CANCELLED', asked: 1, aborted: 1 });
    },
  },
];

/** Fails for good, and is retried. */
async function refundedFirst(scene: Scene, key: string): Promise<Brief> {
  const [brief] = briefsOf(key, ACCOUNT);
  await scene.start(brief);
  const { status } = await scene.follow(brief);
  scene.check(`the first is ${status}`, status === 'refunded', 'should be refunded');
  scene.say('the customer tries again');
  await scene.makegood.retry(brief.account, brief.id);
  return brief;
}

async function refusedWith(scene: Scene, brief: Brief, code: ErrorCode): Promise<void> {
  const answer = await scene.makegood.start(brief).then(
    ({ status }) => status,
    (error) => {
      if (!(error instanceof MakegoodError)) throw error;
      scene.say(error.message);
      return error.code;
    },
  );
  scene.check(`the start is answered ${answer}`, answer === code, `should be ${code}`);
}

const draftOf = (end: Ended) => (end.status === 'succeeded' ? end.output : undefined);
