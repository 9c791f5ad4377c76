import { createHash, timingSafeEqual } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { requestId } from 'hono/request-id';
import type { Logger } from 'pino';
import { z } from 'zod';
import { MakegoodError } from '../errors';
import { valid } from '../valid';
import type { RequestEnv } from './context';
import { answerError } from './problems';

export interface CodecAppOptions {
  /** In the order of a data converter. */
  readonly codecs: readonly PayloadCodec[];
  /** Which every request must bring; none: whoever reaches it may ask. */
  readonly token: string | undefined;
  /** Whose pages may ask; none: no browser's. */
  readonly origin: string | undefined;
  readonly log: Logger;
}

/** Temporal's largest answer (4 MB) in base64, with room for the JSON around it. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** All that a codec server answers. Problem details where something is wrong, as with the HTTP API. */
export function codecApp({ codecs, token, origin, log }: CodecAppOptions): Hono<RequestEnv> {
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

/** Of one length, however long the text is: so that it can be compared in constant time. */
const hash = (text: string) => createHash('sha256').update(text).digest();
