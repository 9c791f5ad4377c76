import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { MakegoodError } from './errors';

// AES-256-GCM under keys that the installation names. It knows nothing of Temporal or Postgres: what is encrypted, and in
// which form it is stored, is said in temporal/encryption.ts and ledger/encryption.ts.

/** `data` is nonce, ciphertext and tag; the id says by which key. */
export interface Encrypted {
  readonly keyId: string;
  readonly data: Uint8Array;
}

/** The first key encrypts, all of them decrypt: so they are rotated. */
export interface EncryptionKeys {
  /** `purpose` is authenticated with it: what was encrypted for one decrypts for no other. */
  encrypt(plain: Uint8Array, purpose: string): Encrypted;
  /** Throws UNKNOWN_ENCRYPTION_KEY; NOT_DECRYPTED where it was altered, or made for another purpose or by another key. */
  decrypt(encrypted: Encrypted, purpose: string): Buffer;
}

type Env = Readonly<Record<string, string | undefined>>;

export const KEYS_VARIABLE = 'MAKEGOOD_ENCRYPTION_KEYS';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
/** The sizes that GCM is made for. A random nonce is safe for some four billion texts under one key. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Stands in metadata, in JSON and, before a colon, in text. 32 characters are a date and a word. */
const KEY_ID = /^[A-Za-z0-9._-]{1,32}$/;
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

/**
 * The keys of MAKEGOOD_ENCRYPTION_KEYS, `id:key` each, separated by commas; nothing where it is not set. A key is 32
 * random bytes in base64. Throws INVALID_SETTING, which never repeats what might be a key.
 */
export function readEncryptionKeys(env: Env = process.env): EncryptionKeys | undefined {
  const text = env[KEYS_VARIABLE];
  if (!text) return undefined;
  const keys = new Map<string, Buffer>();
  for (const [index, entry] of text.split(',').entries()) {
    const [id = '', key, ...more] = entry.trim().split(':');
    if (key === undefined || more.length > 0 || !KEY_ID.test(id)) {
      throw invalid(
        `entry ${index + 1} must be \`id:key\`, its id of at most 32 letters, digits, dots, dashes and underscores`,
      );
    }
    const bytes = BASE64.test(key) ? Buffer.from(key, 'base64') : Buffer.alloc(0);
    if (bytes.length !== KEY_BYTES) {
      throw invalid(`the key "${id}" must be ${KEY_BYTES} bytes in base64, as \`openssl rand -base64 32\` makes them`);
    }
    if (keys.has(id)) throw invalid(`the id "${id}" stands there twice`);
    keys.set(id, bytes);
  }
  return encryptionKeys(keys);
}

const invalid = (fault: string) => new MakegoodError('INVALID_SETTING', `${KEYS_VARIABLE}: ${fault}.`);

function encryptionKeys(keys: ReadonlyMap<string, Buffer>): EncryptionKeys {
  const [[keyId, first]] = [...keys] as [[string, Buffer]];
  return {
    encrypt(plain, purpose) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, first, nonce).setAAD(Buffer.from(purpose));
      const text = [cipher.update(plain), cipher.final()];
      return { keyId, data: Buffer.concat([nonce, ...text, cipher.getAuthTag()]) };
    },
    decrypt(encrypted, purpose) {
      const key = keys.get(encrypted.keyId);
      if (!key) throw unknownKey(encrypted.keyId);
      const data = Buffer.from(encrypted.data);
      try {
        const nonce = data.subarray(0, NONCE_BYTES);
        const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
          .setAAD(Buffer.from(purpose))
          .setAuthTag(data.subarray(-TAG_BYTES));
        return Buffer.concat([decipher.update(data.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
      } catch (cause) {
        throw new MakegoodError('NOT_DECRYPTED', undefined, { keyId: encrypted.keyId }, { cause });
      }
    },
  };
}

/** Of what was encrypted under a key that this process does not have. */
export const unknownKey = (keyId: string) =>
  new MakegoodError(
    'UNKNOWN_ENCRYPTION_KEY',
    `It is encrypted under the key "${keyId}", which ${KEYS_VARIABLE} lacks.`,
    {
      keyId,
    },
  );
