import { isGrpcServiceError } from '@temporalio/client';
import { MakegoodError } from '../errors';

/** gRPC's UNAVAILABLE and DEADLINE_EXCEEDED: the server was not reached, or did not answer. */
const AWAY = new Set([14, 4]);

/** Turns "the server was not reached" into the typed error; every other failure is passed on as it is. */
export function asTemporalError(error: unknown, address: string): unknown {
  if (!isUnreachable(error)) return error;
  return new MakegoodError(
    'TEMPORAL_UNREACHABLE',
    `Temporal is not reachable at ${address}. Check TEMPORAL_ADDRESS.`,
    {},
    { cause: error },
  );
}

export function isUnreachable(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth++) {
    if (isGrpcServiceError(at) && AWAY.has(at.code)) return true;
    // The worker's own connection, which is not made by gRPC for Node.
    if (at.name === 'TransportError') return true;
    if (at.message.startsWith('Failed to connect before the deadline')) return true;
  }
  return false;
}

/** Temporal or Postgres does not answer: what was asked may be asked again. */
export const isAway = (error: unknown): error is Error =>
  isUnreachable(error) ||
  (error instanceof MakegoodError && (error.code === 'TEMPORAL_UNREACHABLE' || error.code === 'POSTGRES_UNREACHABLE'));
