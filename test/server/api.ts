import { randomUUID } from 'node:crypto';
import pino from 'pino';
import type { Makegood } from '../../client/makegood';
import { startServer } from '../../server';
import { createKey, type Scope } from '../../server/api-keys';
import { address, makegood, onClose, serverEnv } from '../harness';

export interface Call {
  readonly method?: string;
  /** The key; none unless given. */
  readonly key?: string | undefined;
  /** Sent as JSON; a string as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** The HTTP API on a port of its own, closed with the test file. */
export interface Api {
  readonly url: string;
  call(path: string, call?: Call): Promise<Response>;
  stop(): Promise<void>;
}

/** A port on which nobody listens: reserved for discard, and closed on any machine of today. */
export const NOBODY = '127.0.0.1:9';

export async function startApi(extra: Record<string, string> = {}, own?: Makegood): Promise<Api> {
  const given = own === undefined ? {} : { makegood: own };
  const env = { ...serverEnv(), ...extra };
  const { url, stop } = await startServer({ env, log: pino({ level: 'silent' }), ...given });
  onClose(stop);
  return {
    url,
    stop,
    call: (path, { method = 'GET', key, body, headers = {}, signal } = {}) =>
      fetch(url + path, {
        method,
        headers: {
          ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      }),
  };
}

/** A key of the test's own. */
export async function newKey(...scopes: Scope[]): Promise<string> {
  return (await createKey(makegood().context.operator, { name: 'test', scopes })).key;
}

/** What a product's backend posts. */
export const brief = (account: string, behaviour = 'ok', id: string = randomUUID()) => ({
  account,
  id,
  kind: 'email-draft',
  input: { to: address(behaviour), goal: 'Say hello' },
});

/** The body as JSON, for a test to look into. */
export const json = async (response: Response | Promise<Response>) =>
  (await (await response).json()) as Record<string, never>;

export interface SentEvent {
  readonly event?: string;
  readonly id?: string;
  readonly data: string;
}

/** The events of a stream, as they come; comments and `retry` left out. */
export async function* eventsOf(response: Response): AsyncGenerator<SentEvent> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(bytes, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: ?(.*)/s).slice(0, 2)));
      if (fields.data !== undefined) yield fields as unknown as SentEvent;
    }
  }
}
