import {
  Client,
  Connection,
  type ConnectionOptions,
  type DataConverter,
  defaultGrpcRetryOptions,
  makeGrpcRetryInterceptor,
} from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { MakegoodError } from '../errors';
import { withEncryption } from './encryption';

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

/** What a request may take, with its repetitions. A server that is there answers in milliseconds; a starved one may take ten seconds. */
export const REQUEST_MS = 20_000;
/** Temporal holds these open until there is something to tell, for 20 s at most. */
const LONG_POLL = /\/(GetWorkflowExecutionHistory|PollWorkflowExecutionUpdate)$/;
const LONG_POLL_MS = 60_000;

type Interceptor = NonNullable<ConnectionOptions['interceptors']>[number];

/** gRPC waits for ever where nobody says how long: a server that is frozen takes requests, and answers none. */
const withDeadline: Interceptor = (options, nextCall) => {
  const patience = LONG_POLL.test(options.method_definition.path) ? LONG_POLL_MS : REQUEST_MS;
  const call = nextCall({ ...options, deadline: options.deadline ?? Date.now() + patience });
  // The typings ask for gRPC's own class around it, which is for those who change what is sent and received.
  return call as ReturnType<Interceptor>;
};

/**
 * A client that connects when first used, so that a backend can start, and read the ledger, without Temporal. Its payloads
 * are encrypted where MAKEGOOD_ENCRYPTION_KEYS is set, after what `given` does to them.
 */
export function openTemporal(env: Env = process.env, given?: DataConverter): Client {
  const dataConverter = withEncryption(env, given);
  const { connectionOptions, namespace } = temporalConfig(env);
  const { tls, ...rest } = connectionOptions;
  const connection = Connection.lazy({
    ...rest,
    ...(tls === undefined ? {} : { tls }),
    // The second is the SDK's own, which ours would replace.
    interceptors: [withDeadline, makeGrpcRetryInterceptor(defaultGrpcRetryOptions())],
  } as ConnectionOptions);
  return new Client({ connection, namespace, ...(dataConverter ? { dataConverter } : {}) });
}
