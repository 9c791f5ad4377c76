import { ActivityFailure, ApplicationFailure, CancelledFailure, RetryState, TimeoutFailure } from '@temporalio/common';
import { emailDraft } from '../../kinds/email-draft';
import { reason } from '../../ledger/reasons';
import { causeOfRefund } from '../../workflows/refund-reason';

// Every way in which paid work can fail, and what its customer is told.

const inActivity = (cause: Error, retryState: RetryState = RetryState.MAXIMUM_ATTEMPTS_REACHED) =>
  new ActivityFailure('Activity task failed', 'email-draft', '1', retryState, 'worker', cause);
const provider = (type: string, attempt?: number) =>
  inActivity(ApplicationFailure.create({ type, message: 'x', details: attempt === undefined ? [] : [{ attempt }] }));
const timeout = (type: 'HEARTBEAT' | 'START_TO_CLOSE' | 'SCHEDULE_TO_CLOSE', retryState?: RetryState) =>
  inActivity(new TimeoutFailure('timed out', undefined, type), retryState);

test.each<[string, unknown, string, string]>([
  [
    'provider down',
    provider('PROVIDER_UNAVAILABLE', 5),
    'PROVIDER_UNAVAILABLE',
    'Our AI provider was unavailable; we tried 5 times.',
  ],
  [
    'cancelled before the failing attempt had heard of it',
    inActivity(ApplicationFailure.create({ type: 'PROVIDER_UNAVAILABLE', message: 'x' }), RetryState.CANCEL_REQUESTED),
    'CANCELLED',
    'The generation was cancelled.',
  ],
  [
    'the last attempt given up by a worker that was told to stop',
    inActivity(ApplicationFailure.create({ type: 'WorkerShutdown', message: 'x' })),
    'WORKER_LOST',
    'The work was interrupted on our side; we tried 5 times.',
  ],
  [
    'tried once',
    provider('PROVIDER_UNAVAILABLE', 1),
    'PROVIDER_UNAVAILABLE',
    'Our AI provider was unavailable; we tried once.',
  ],
  [
    'busy',
    provider('PROVIDER_RATE_LIMITED', 3),
    'PROVIDER_RATE_LIMITED',
    'Our AI provider was too busy; we tried 3 times.',
  ],
  [
    'silent',
    provider('PROVIDER_TIMEOUT', 5),
    'PROVIDER_TIMEOUT',
    'Our AI provider did not answer in time; we tried 5 times.',
  ],
  ['declined', provider('PROVIDER_REFUSED', 1), 'PROVIDER_REFUSED', 'Our AI provider declined to write this draft.'],
  [
    'our key is wrong',
    provider('PROVIDER_ACCOUNT', 1),
    'PROVIDER_ACCOUNT',
    'Our AI provider did not accept our account. This is our fault, not yours.',
  ],
  [
    'empty draft',
    provider('OUTPUT_UNUSABLE', 5),
    'OUTPUT_UNUSABLE',
    'The draft came back empty or unreadable; we tried 5 times.',
  ],
  [
    'Postgres refuses the draft',
    inActivity(ApplicationFailure.nonRetryable('x', 'OUTPUT_NOT_STORED')),
    'OUTPUT_NOT_STORED',
    'The draft could not be stored.',
  ],
  [
    'a draft after the refund',
    ApplicationFailure.nonRetryable('x', 'OUTPUT_DISCARDED'),
    'OUTPUT_DISCARDED',
    'The draft came after the credits had been given back.',
  ],
  [
    'worker lost five times',
    timeout('HEARTBEAT'),
    'WORKER_LOST',
    'The work was interrupted on our side; we tried 5 times.',
  ],
  ['attempt stuck', timeout('START_TO_CLOSE'), 'WORK_TIMED_OUT', 'The draft took too long; we tried 5 times.'],
  ['out of time', timeout('SCHEDULE_TO_CLOSE', RetryState.TIMEOUT), 'WORK_TIMED_OUT', 'The draft took too long.'],
  ['cancelled', new CancelledFailure('cancelled'), 'CANCELLED', 'The generation was cancelled.'],
  [
    'cancelled in an activity',
    inActivity(new CancelledFailure('cancelled')),
    'CANCELLED',
    'The generation was cancelled.',
  ],
  ['a type nobody knows', provider('SOMETHING_NEW', 2), 'INTERNAL_ERROR', 'Something went wrong on our side.'],
  ['no type at all', inActivity(new ApplicationFailure('x')), 'INTERNAL_ERROR', 'Something went wrong on our side.'],
  ['not a failure', 'boom', 'INTERNAL_ERROR', 'Something went wrong on our side.'],
])('GIVEN %s THEN the customer reads the right reason', (_, failure, code, message) => {
  const cause = causeOfRefund(failure, emailDraft);
  expect(reason(cause.code, cause.attempts, emailDraft.reasons)).toEqual({ code, message });
});

test('GIVEN a policy of two attempts WHEN both are lost THEN the sentence says two', () => {
  const twice = { ...emailDraft, tries: { ...emailDraft.tries, attempts: 2 } };
  expect(causeOfRefund(timeout('HEARTBEAT'), twice)).toMatchObject({ code: 'WORKER_LOST', attempts: 2 });
});

test("GIVEN a reason of the kind's own THEN it is told by its activity, or by the kind, and is unknown otherwise", () => {
  const told = ApplicationFailure.create({ type: 'PAGE_GONE', message: 'x', details: [{ attempt: 1, own: true }] });
  expect(causeOfRefund(inActivity(told), emailDraft).code).toBe('PAGE_GONE');
  const failure = ApplicationFailure.nonRetryable('x', 'PAGE_GONE');
  expect(causeOfRefund(failure, emailDraft, { PAGE_GONE: { sentence: 'Gone.' } }).code).toBe('PAGE_GONE');
  expect(causeOfRefund(failure, emailDraft).code).toBe('INTERNAL_ERROR');
  expect(reason('PAGE_GONE')).toEqual(reason('INTERNAL_ERROR'));
});
