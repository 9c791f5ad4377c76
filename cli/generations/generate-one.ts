import type { Makegood } from '../../client/makegood';
import type { GenerationRequest } from '../../client/order';
import type { Ended } from '../../client/progress';
import type { Started } from '../../client/start';
import { type ErrorCode, MakegoodError } from '../../errors';
import { isAway } from '../../temporal/reachable';
import type { Stop } from '../signals';
import { persistently } from './persist';

/** What has become of a generation that was asked for, when the command ends. */
export type Fate =
  | { readonly is: 'ended'; readonly end: Ended }
  /** Durable in Temporal: it goes on without us. */
  | { readonly is: 'under way' }
  | { readonly is: 'not started' };

export interface Asking {
  readonly makegood: Makegood;
  readonly stop: Stop;
  readonly onAway: (error: Error) => void;
  /** No worker has taken it within the start's time-out. */
  readonly onPending: () => void;
}

/** Turned away before anything was held: an outcome like others, no fault of the command. */
const REJECTIONS: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['INSUFFICIENT_CREDITS', 'GENERATION_CONFLICT']);

/**
 * Starts a generation and waits for its end, through outages: asked twice under one id, it is made and charged once.
 * Throws UNKNOWN_ACCOUNT, and whatever else is wrong with the request.
 */
export async function generateOne(asking: Asking, request: GenerationRequest): Promise<Fate> {
  const { makegood, stop } = asking;
  const { signal } = stop;
  if (signal.aborted) return { is: 'not started' };
  try {
    const start = () => makegood.start(request);
    const started: Started = await persistently(start, signal, asking.onAway);
    if (started.status === 'pending') asking.onPending();
    if (started.status !== 'pending' && started.status !== 'held') return { is: 'ended', end: started };
  } catch (error) {
    if (signal.aborted && isAway(error)) return { is: 'not started' };
    const end = rejected(error, request);
    if (end) return { is: 'ended', end };
    throw error;
  }
  const end = await Promise.race([makegood.result(request.account, request.id), stop.asked]);
  return end ? { is: 'ended', end } : { is: 'under way' };
}

function rejected(error: unknown, { account, id }: GenerationRequest): Ended | undefined {
  if (!(error instanceof MakegoodError && REJECTIONS.has(error.code))) return undefined;
  const { code: reason, message } = error;
  return { status: 'rejected', account, id, reason, message, charged: 0, refunded: 0, attempts: 0 };
}
