import type { DataConverter, Payload, PayloadCodec } from '@temporalio/common';
import { temporal as proto } from '@temporalio/proto';
import { type EncryptionKeys, readEncryptionKeys } from '../encryption';

const { Payload: PayloadMessage } = proto.api.common.v1;

/** What Temporal's Web UI shows of a payload that it can't read. No other codec's: theirs pass through. */
const ENCODING = 'binary/makegood-encrypted';
/** As in Temporal's own samples. */
const KEY_ID = 'encryption-key-id';
/** A codec server is told nothing of the workflow that a payload is from, so no more can be bound to it. */
const PURPOSE = 'makegood/payload';

/**
 * Encrypts whole payloads, their metadata with them; which key it was stands beside them. Decodes what is not encrypted
 * as it is, so it can be switched on while workflows run. Safe to apply twice. Decoding throws UNKNOWN_ENCRYPTION_KEY, NOT_DECRYPTED.
 */
export function encryptionCodec(keys: EncryptionKeys): PayloadCodec {
  return {
    encode: async (payloads) =>
      payloads.map((payload): Payload => {
        if (isEncrypted(payload)) return payload;
        const { keyId, data } = keys.encrypt(PayloadMessage.encode(payload).finish(), PURPOSE);
        return { metadata: { encoding: Buffer.from(ENCODING), [KEY_ID]: Buffer.from(keyId) }, data };
      }),
    decode: async (payloads) =>
      payloads.map((payload): Payload => {
        if (!isEncrypted(payload)) return payload;
        const keyId = textOf(payload.metadata?.[KEY_ID]);
        return PayloadMessage.decode(keys.decrypt({ keyId, data: payload.data ?? new Uint8Array() }, PURPOSE));
      }),
  };
}

const textOf = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString();
const isEncrypted = ({ metadata }: Payload) => textOf(metadata?.encoding) === ENCODING;

/** In the worker's bundle of workflows, too: those made ahead need it as `failureConverterPath`. */
const ENCODED_FAILURES = require.resolve('./encoded-failures');

/**
 * What a client or worker converts payloads by: `given`, with encryption around it where MAKEGOOD_ENCRYPTION_KEYS is set.
 * They combine: codecs that are given come first (what they compress is then encrypted), and a failure converter that is
 * given stays; without one, messages and stack traces of failures are encrypted as well. Throws INVALID_SETTING.
 */
export function withEncryption(
  env: Readonly<Record<string, string | undefined>>,
  given?: DataConverter,
): DataConverter | undefined {
  const keys = readEncryptionKeys(env);
  if (!keys) return given;
  return {
    failureConverterPath: ENCODED_FAILURES,
    ...given,
    payloadCodecs: [...(given?.payloadCodecs ?? []), encryptionCodec(keys)],
  };
}
