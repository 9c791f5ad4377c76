import type { Logger } from 'pino';
import type { Makegood } from '../client/makegood';
import type { ApiKey } from './api-keys';

/** What every route works with. */
export interface ServerContext {
  readonly makegood: Makegood;
  /** `MAKEGOOD_PUBLIC_URL` is always set here: where browsers reach this server. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  /** Aborted when the server is told to stop: whoever waits for long ends then. */
  readonly stopping: AbortSignal;
}

/** What a request carries from one handler to the next. */
export interface RequestEnv {
  Variables: {
    requestId: string;
    /** There once the key has been checked. */
    apiKey: ApiKey;
  };
}
