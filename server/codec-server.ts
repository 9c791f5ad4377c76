import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { PayloadCodec } from '@temporalio/common';
import type { Logger } from 'pino';
import { KEYS_VARIABLE, readEncryptionKeys } from '../encryption';
import { MakegoodError } from '../errors';
import { encryptionCodec } from '../temporal/encryption';
import { codecApp } from './codec-app';
import { serverLog } from './log';

// Shows Temporal's Web UI and command line what is inside of encrypted payloads, to those who may see it:
// https://docs.temporal.io/production-deployment/data-encryption

export interface CodecServerSetup {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Any that is free unless given. */
  readonly port?: number;
  /** Where the Web UI is, for its browsers' sake; else MAKEGOOD_CODEC_SERVER_ORIGIN, else that of TEMPORAL_UI_URL. */
  readonly origin?: string;
  /** In the order of a data converter; ours, by MAKEGOOD_ENCRYPTION_KEYS, unless given. */
  readonly codecs?: readonly PayloadCodec[];
  readonly log?: Logger;
}

export interface RunningCodecServer {
  /** For the Web UI's setting "codec server", and `temporal --codec-endpoint`. */
  readonly url: string;
  stop(): Promise<void>;
}

type Env = NonNullable<CodecServerSetup['env']>;

/** 32 characters of base64 are 192 bits: too many to guess. */
const TOKEN_LENGTH = 32;
const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

/**
 * Listens on this machine alone unless MAKEGOOD_CODEC_SERVER_HOST says otherwise; that takes MAKEGOOD_CODEC_SERVER_TOKEN,
 * which every request must then bring. Throws INVALID_SETTING, PORT_TAKEN.
 */
export async function startCodecServer(setup: CodecServerSetup = {}): Promise<RunningCodecServer> {
  const { env = process.env, port = 0, codecs = [encryptionCodec(neededKeys(env))] } = setup;
  const host = env.MAKEGOOD_CODEC_SERVER_HOST || '127.0.0.1';
  const token = tokenOf(env, host);
  const origin = originOf(env, setup.origin);
  const log = setup.log ?? serverLog(env.MAKEGOOD_LOG === 'silent' ? 'silent' : 'warn');
  const app = codecApp({ codecs, token, origin, log });
  const server = createServer(getRequestListener(app.fetch));
  server.listen(port, host);
  await once(server, 'listening').catch((cause) => {
    throw notListening(host, port, cause);
  });
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections(); // Of browsers, which keep theirs.
      await closed;
    },
  };
}

/** Without keys it would have nothing to decode by. Throws INVALID_SETTING. */
function neededKeys(env: Env) {
  const keys = readEncryptionKeys(env);
  if (keys) return keys;
  throw new MakegoodError('INVALID_SETTING', `${KEYS_VARIABLE} is not set: there is nothing to decode by.`);
}

/** Nothing on loopback, where none is set. Throws INVALID_SETTING. */
function tokenOf(env: Env, host: string): string | undefined {
  const token = env.MAKEGOOD_CODEC_SERVER_TOKEN || undefined;
  if (token === undefined && !LOOPBACK.has(host)) {
    const message = `MAKEGOOD_CODEC_SERVER_TOKEN must be set to listen on ${host}: else anybody there could decode.`;
    throw new MakegoodError('INVALID_SETTING', message);
  }
  if (token !== undefined && token.length < TOKEN_LENGTH)
    throw new MakegoodError(
      'INVALID_SETTING',
      `MAKEGOOD_CODEC_SERVER_TOKEN must have at least ${TOKEN_LENGTH} characters.`,
    );
  return token;
}

/** Nothing: then no browser's page may ask. Throws INVALID_SETTING. */
function originOf(env: Env, given: string | undefined): string | undefined {
  const text = given ?? (env.MAKEGOOD_CODEC_SERVER_ORIGIN || env.TEMPORAL_UI_URL);
  if (!text) return undefined;
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return new URL(text).origin;
  const message = 'MAKEGOOD_CODEC_SERVER_ORIGIN must be where the Web UI is, like https://temporal.example.com.';
  throw new MakegoodError('INVALID_SETTING', message);
}

function notListening(host: string, port: number, cause: unknown): unknown {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    const message = `MAKEGOOD_CODEC_SERVER_HOST must be an address of this machine, not "${host}".`;
    return new MakegoodError('INVALID_SETTING', message, {}, { cause });
  }
  const why = code === 'EACCES' ? 'may not be used by this user' : 'is taken';
  return new MakegoodError(
    'PORT_TAKEN',
    `Port ${port} ${why}. Set MAKEGOOD_CODEC_SERVER_PORT to another one.`,
    { port },
    { cause },
  );
}
