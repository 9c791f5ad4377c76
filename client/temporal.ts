import { Client, Connection, type DataConverter, isGrpcServiceError } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { MakegoodError } from '../errors';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Temporal's standard client configuration: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TLS, API key, profiles.
 * https://docs.temporal.io/develop/environment-configuration
 */
export function temporalConfig(env: Env = process.env) {
  const overrideEnvVars = Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  try {
    const { connectionOptions, namespace } = loadClientConnectConfig({ overrideEnvVars });
    const address = connectionOptions.address ?? 'localhost:7233';
    return { connectionOptions: { ...connectionOptions, address }, address, namespace: namespace ?? 'default' };
  } catch (error) {
    throw new MakegoodError(
      'INVALID_SETTING',
      `The Temporal client configuration can't be read: ${(error as Error).message}`,
      {},
      { cause: error },
    );
  }
}

/** A client that connects when first used, so that a backend can start, and read the ledger, without Temporal. */
export function openTemporal(env: Env = process.env, dataConverter?: DataConverter): Client {
  const { connectionOptions, namespace } = temporalConfig(env);
  const { tls, ...rest } = connectionOptions;
  const connection = Connection.lazy({ ...rest, ...(tls === undefined ? {} : { tls }) } as Parameters<
    typeof Connection.lazy
  >[0]);
  return new Client({ connection, namespace, ...(dataConverter ? { dataConverter } : {}) });
}

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
