import { type Encrypted, type EncryptionKeys, KEYS_VARIABLE, readEncryptionKeys, unknownKey } from '../encryption';
import { type ErrorCode, MakegoodError } from '../errors';

// Texts of the generation, encrypted before they leave this process for Postgres, and decrypted as they are read. Postgres
// has no key: its constraints, the hash chain and the audit see the stored form alone.

/** Whose text it is. It is authenticated with it: nobody can put one customer's text into another's row. */
export interface TextOwner {
  readonly account: string;
  readonly generation: string;
}

/** The texts of a generation on their way to Postgres and back. What is not encrypted passes through. */
export interface TextCipher {
  encryptLabel(label: string, of: TextOwner): string;
  encryptOutput(output: unknown, of: TextOwner): unknown;
  /** Never throws: one label must not keep anybody from the rest of a feed. Says instead that it can't be read. */
  readLabel(label: string, of: TextOwner): string;
  /** Never throws, for the same reason: an UnreadableOutput where it can't be decrypted. Hand it out by `readable`. */
  readOutput(output: unknown, of: TextOwner): unknown;
  /** Throws UNKNOWN_ENCRYPTION_KEY, NOT_DECRYPTED. */
  decryptOutput(output: unknown, of: TextOwner): unknown;
}

/** No kind's own output has such a field. In a label it stands before a colon: the domain "Label" in SQL knows it. */
export const FIELD = 'makegood/encrypted';
const PREFIX = `${FIELD}:`;

/** An output as it is stored: `data` is its JSON, encrypted, in base64. */
interface EncryptedOutput {
  readonly [FIELD]: { readonly keyId: string; readonly data: string };
}

/** What stands for an output that can't be decrypted here: by which key it is encrypted, and what is wrong. */
interface UnreadableOutput {
  readonly [FIELD]: { readonly keyId: string; readonly error: ErrorCode };
}

type Env = Readonly<Record<string, string | undefined>>;

/** What MAKEGOOD_ENCRYPTION_KEYS and MAKEGOOD_ENCRYPT_OUTPUTS ask for. Throws INVALID_SETTING. */
export function ledgerEncryption(env: Env = process.env): TextCipher {
  return textCipher(readEncryptionKeys(env), encryptsOutputs(env));
}

const ON = ['1', 'true'];
const OFF = [undefined, '', '0', 'false'];

function encryptsOutputs(env: Env): boolean {
  const text = env.MAKEGOOD_ENCRYPT_OUTPUTS;
  if (OFF.includes(text)) return false;
  if (!ON.includes(text as string))
    throw new MakegoodError('INVALID_SETTING', `MAKEGOOD_ENCRYPT_OUTPUTS must be true or false, not "${text}".`);
  if (env[KEYS_VARIABLE]) return true;
  throw new MakegoodError('INVALID_SETTING', `MAKEGOOD_ENCRYPT_OUTPUTS needs a key: set ${KEYS_VARIABLE}, too.`);
}

/** Without `encrypts`, new texts are stored as they are; what was encrypted before is read all the same. */
export function textCipher(keys?: EncryptionKeys, encrypts = false): TextCipher {
  const encrypt = (text: string, purpose: string): Encrypted | undefined =>
    encrypts ? keys?.encrypt(Buffer.from(text), purpose) : undefined;
  const decrypt = (encrypted: Encrypted, purpose: string): string => {
    if (!keys) throw unknownKey(encrypted.keyId);
    return keys.decrypt(encrypted, purpose).toString();
  };
  const decryptOutput = (output: unknown, of: TextOwner): unknown => {
    if (!isEncrypted(output)) return output;
    const { keyId, data } = output[FIELD];
    return JSON.parse(decrypt({ keyId, data: Buffer.from(data, 'base64') }, purposeOf('output', of)));
  };
  return {
    encryptLabel(label, of) {
      const encrypted = encrypt(label, purposeOf('label', of));
      return encrypted ? `${PREFIX}${encrypted.keyId}:${base64(encrypted)}` : label;
    },
    encryptOutput(output, of) {
      const encrypted = encrypt(JSON.stringify(output), purposeOf('output', of));
      if (!encrypted) return output;
      return { [FIELD]: { keyId: encrypted.keyId, data: base64(encrypted) } } satisfies EncryptedOutput;
    },
    readLabel(label, of) {
      if (!label.startsWith(PREFIX)) return label;
      const [keyId = '', data = ''] = label.slice(PREFIX.length).split(':');
      const encrypted = { keyId, data: Buffer.from(data, 'base64') };
      return unless(
        () => decrypt(encrypted, purposeOf('label', of)),
        () => `(encrypted under the key ${keyId})`,
      );
    },
    readOutput: (output, of) =>
      unless<unknown>(
        () => decryptOutput(output, of),
        ({ code, details }): UnreadableOutput => ({ [FIELD]: { keyId: String(details.keyId), error: code } }),
      ),
    decryptOutput,
  };
}

/** Postgres without encryption. */
export const PLAIN = textCipher();

/** The output, if it could be decrypted: nobody is to take what stands for it for what was delivered. Throws UNKNOWN_ENCRYPTION_KEY, NOT_DECRYPTED. */
export function readable<Output>(output: Output): Output {
  if (!isEncrypted(output)) return output;
  const { keyId, error } = (output as unknown as UnreadableOutput)[FIELD];
  throw error === 'NOT_DECRYPTED' ? new MakegoodError(error, undefined, { keyId }) : unknownKey(keyId);
}

const isEncrypted = (output: unknown): output is EncryptedOutput =>
  typeof output === 'object' && output !== null && Object.hasOwn(output, FIELD);

/** Ids hold no line breaks. */
const purposeOf = (what: 'label' | 'output', { account, generation }: TextOwner) =>
  `makegood/${what}\n${account}\n${generation}`;

const base64 = ({ data }: Encrypted) => Buffer.from(data).toString('base64');

/** What `read` answers, or what `otherwise` says of a text that does not decrypt. */
function unless<T>(read: () => T, otherwise: (error: MakegoodError) => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof MakegoodError)) throw error;
    return otherwise(error);
  }
}
