import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { requestId } from 'hono/request-id';
import type { Logger } from 'pino';
import { z } from 'zod';
import { valid } from '../client/valid';
import { KEYS_VARIABLE, readEncryptionKeys } from '../encryption';
import { MakegoodError } from '../errors';
import { encryptionCodec } from '../temporal/encryption';
import type { RequestEnv } from './context';
import { serverLog } from './log';
import { answerError } from './problems';

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

/** Temporal's largest answer (4 MB) in base64, with room for the JSON around it. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;
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
  const app = codecApp(
    codecs,
    token,
    origin,
    setup.log ?? serverLog(env.MAKEGOOD_LOG === 'silent' ? 'silent' : 'warn'),
  );
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

/** All that it answers. Problem details where something is wrong, as with the HTTP API. */
function codecApp(codecs: readonly PayloadCodec[], token: string | undefined, origin: string | undefined, log: Logger) {
  const app = new Hono<RequestEnv>();
  app.use(requestId());
  // Before the token is asked for: a browser's preflight request carries none.
  app.use(
    cors({
      origin: origin ?? [],
      allowMethods: ['POST'],
      allowHeaders: ['Authorization', 'Content-Type', 'X-Namespace'],
      credentials: true,
    }),
  );
  app.use(async (c, next) => {
    const from = c.req.header('origin');
    // A page of somebody else, which has talked a browser into asking us under a name of its own.
    if (from !== undefined && from !== origin) {
      throw new MakegoodError('FORBIDDEN', `Pages of ${from} may not ask: set MAKEGOOD_CODEC_SERVER_ORIGIN.`);
    }
    const sent = c.req.header('authorization') ?? '';
    if (token !== undefined && !timingSafeEqual(hash(sent), hash(`Bearer ${token}`))) {
      throw new MakegoodError('UNAUTHENTICATED', 'Send the token: `Authorization: Bearer …`.');
    }
    await next();
  });
  app.use(
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: () => {
        throw new MakegoodError('BODY_TOO_LARGE', `A body may have at most ${MAX_BODY_BYTES} bytes.`, {
          limit: MAX_BODY_BYTES,
        });
      },
    }),
  );
  app.post('/encode', async (c) => c.json(await through(encoders(codecs), c.req.json())));
  app.post('/decode', async (c) => c.json(await through(decoders(codecs), c.req.json())));
  app.notFound((c) => answerError({ log }, new MakegoodError('NOT_FOUND'), c));
  app.onError((error, c) => answerError({ log }, error, c));
  return app;
}

type Coding = PayloadCodec['encode'];
const encoders = (codecs: readonly PayloadCodec[]): Coding[] => codecs.map((codec) => (some) => codec.encode(some));
const decoders = (codecs: readonly PayloadCodec[]): Coding[] =>
  codecs.toReversed().map((codec) => (some) => codec.decode(some));

/** A body as protobuf's JSON has it, through each of these in turn. Throws MALFORMED_BODY, INVALID_INPUT. */
async function through(codings: readonly Coding[], body: Promise<unknown>): Promise<object> {
  const json = await body.catch((cause) => {
    throw new MakegoodError('MALFORMED_BODY', undefined, {}, { cause });
  });
  let payloads = valid(Body, json).payloads.map(payloadOf);
  for (const coding of codings) payloads = await coding(payloads);
  return { payloads: payloads.map(jsonOf) };
}

/** As protobuf's JSON has payloads: bytes are base64. */
const Body = z.object({
  payloads: z.array(z.object({ metadata: z.record(z.string(), z.base64()).default({}), data: z.base64().default('') })),
});
type PayloadJson = z.infer<typeof Body>['payloads'][number];

const payloadOf = ({ metadata, data }: PayloadJson): Payload => ({
  metadata: Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')])),
  data: Buffer.from(data, 'base64'),
});
const jsonOf = ({ metadata, data }: Payload): PayloadJson => ({
  metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)])),
  data: base64(data),
});
const base64 = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString('base64');

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

/** Of one length, however long the text is: so that it can be compared in constant time. */
const hash = (text: string) => createHash('sha256').update(text).digest();

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
