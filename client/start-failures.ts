import {
  isGrpcServiceError,
  WorkflowNotFoundError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { GenerationConflict, InsufficientCredits, MakegoodError } from '../errors';

// What the failures of a start mean to the one who has asked.

/** Throws the typed error, where the workflow has turned the generation away. */
export function throwRejection(cause: unknown): void {
  if (!(cause instanceof ApplicationFailure)) return;
  if (cause.type === 'INSUFFICIENT_CREDITS') {
    const [{ balance, price }] = cause.details as [{ balance: number; price: number }];
    throw new InsufficientCredits(balance, price);
  }
  if (cause.type === 'GENERATION_CONFLICT') throw new GenerationConflict();
  if (cause.type === 'UNKNOWN_ACCOUNT') throw new MakegoodError('UNKNOWN_ACCOUNT');
  if (cause.type === 'ACCOUNT_ERASED') throw new MakegoodError('ACCOUNT_ERASED');
  if (cause.type === 'GENERATION_ERASED') throw new MakegoodError('GENERATION_ERASED');
}

/** Another start, or retry, was there first: the ledger knows what came of it. */
export const isClosedRun = (cause: unknown) => cause instanceof ApplicationFailure && cause.type === 'RUN_CLOSED';

export const timedOut = (error: unknown) =>
  error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || (isGrpcServiceError(error) && error.code === 4);

/** gRPC's UNKNOWN, NOT_FOUND, RESOURCE_EXHAUSTED, ABORTED, INTERNAL, UNAVAILABLE. */
const PASSING = new Set([2, 5, 8, 10, 13, 14]);

/** The workflow has just closed, its task was lost with a worker, or a busy server has turned us away. */
export const passing = (error: unknown) =>
  error instanceof WorkflowNotFoundError || (isGrpcServiceError(error) && PASSING.has(error.code));

export const startFailed = (cause: Error | undefined) =>
  new MakegoodError('START_FAILED', `The generation could not be started: ${cause?.message}`, {}, { cause });

/** A retry has come before the run that has given the credits back has ended, for want of a worker perhaps. */
export const stillEnding = (cause: unknown) =>
  new MakegoodError('START_FAILED', 'The run before this retry has not ended yet: ask again.', {}, { cause });

/** Of two retries after one refund, under two keys, one pays. */
export const overtaken = () => new MakegoodError('NOT_REFUNDED', 'Another retry after this refund was there first.');

export const unaccountable = (cause: unknown) =>
  new MakegoodError(
    'GENERATION_CONFLICT',
    'Temporal has completed a workflow of this id whose draft this ledger does not have. Check DATABASE_URL and TEMPORAL_ADDRESS.',
    {},
    { cause },
  );
