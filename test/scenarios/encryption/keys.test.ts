import { randomBytes } from 'node:crypto';
import type { Payload } from '@temporalio/common';
import { type EncryptionKeys, readEncryptionKeys } from '../../../encryption';
import { ledgerEncryption, readable } from '../../../ledger/encryption';
import { encryptionCodec, withEncryption } from '../../../temporal/encryption';

const key = () => randomBytes(32).toString('base64');
const keysOf = (text: string) => readEncryptionKeys({ MAKEGOOD_ENCRYPTION_KEYS: text }) as EncryptionKeys;
const [first, second] = [`one:${key()}`, `two:${key()}`];
const plain = Buffer.from('Dear Ada');
const of = { account: 'acme', generation: 'q3' };

test.each([
  ['without an id', key(), 'entry 1 must be `id:key`'],
  ['with an id that no column takes', `a key:${key()}`, 'entry 1 must be `id:key`'],
  ['too short', `one:${randomBytes(16).toString('base64')}`, 'the key "one" must be 32 bytes'],
  ['not base64', `one:${'§'.repeat(43)}`, 'the key "one" must be 32 bytes'],
  ['given twice', `${first},one:${key()}`, 'the id "one" stands there twice'],
  ['followed by nothing', `${first},`, 'entry 2 must be `id:key`'],
])('GIVEN a key %s WHEN it is read THEN a setting is at fault, and the error repeats no key', (_, text, fault) => {
  const read = () => readEncryptionKeys({ MAKEGOOD_ENCRYPTION_KEYS: text });
  expect(read).toThrow(expect.objectContaining({ code: 'INVALID_SETTING' }));
  expect(read).toThrow(fault);
  const secret = text.split(':').at(-1) as string;
  if (secret !== '') expect(read).not.toThrow(secret);
});

test('GIVEN no keys WHEN outputs are to be encrypted THEN a setting is at fault', () => {
  const asked = { MAKEGOOD_ENCRYPT_OUTPUTS: 'true' };
  expect(() => ledgerEncryption(asked)).toThrow('set MAKEGOOD_ENCRYPTION_KEYS, too');
  expect(() => ledgerEncryption({ MAKEGOOD_ENCRYPT_OUTPUTS: 'yes' })).toThrow('must be true or false');
  expect(readEncryptionKeys({})).toBeUndefined();
  expect(withEncryption({})).toBeUndefined();
});

test('GIVEN two keys WHEN the second comes first THEN it encrypts, and both decrypt', () => {
  const before = keysOf(`${first},${second}`);
  const after = keysOf(`${second},${first}`);
  const encrypted = before.encrypt(plain, 'test');
  expect(encrypted.keyId).toBe('one');
  expect(after.encrypt(plain, 'test').keyId).toBe('two');
  expect(after.decrypt(encrypted, 'test')).toEqual(plain);
  expect(() => keysOf(second).decrypt(encrypted, 'test')).toThrow(
    expect.objectContaining({ code: 'UNKNOWN_ENCRYPTION_KEY', details: { keyId: 'one' } }),
  );
});

test('GIVEN a text WHEN it is altered, cut, or taken for another THEN it does not decrypt', () => {
  const keys = keysOf(first);
  const { keyId, data } = keys.encrypt(plain, 'test');
  const refused = expect.objectContaining({ code: 'NOT_DECRYPTED' });
  for (let at = 0; at < data.length; at++) {
    const altered = Buffer.from(data);
    altered[at] = (altered[at] as number) ^ 1;
    expect(() => keys.decrypt({ keyId, data: altered }, 'test')).toThrow(refused);
    expect(() => keys.decrypt({ keyId, data: data.subarray(0, at) }, 'test')).toThrow(refused);
  }
  expect(() => keys.decrypt({ keyId, data }, 'another')).toThrow(refused);
  expect(() => keysOf(`one:${key()}`).decrypt({ keyId, data }, 'test')).toThrow(refused);
  expect(keys.encrypt(plain, 'test').data).not.toEqual(data);
});

test('GIVEN payloads WHEN they are encoded twice, or not at all THEN they decode as they were', async () => {
  const codec = encryptionCodec(keysOf(first));
  const payload: Payload = { metadata: { encoding: Buffer.from('json/plain') }, data: plain };
  const [once] = await codec.encode([payload]);
  expect(Buffer.from(once?.data ?? []).includes(plain)).toBe(false);
  expect(Buffer.from(once?.metadata?.['encryption-key-id'] ?? []).toString()).toBe('one');
  expect(await codec.encode([once as Payload])).toEqual([once]);
  const [decoded, passed] = await codec.decode([once as Payload, payload]);
  expect(Buffer.from(decoded?.data ?? [])).toEqual(plain);
  expect(passed).toBe(payload);
  await expect(encryptionCodec(keysOf(second)).decode([once as Payload])).rejects.toMatchObject({
    code: 'UNKNOWN_ENCRYPTION_KEY',
  });
});

test('GIVEN a converter of one’s own WHEN keys are set THEN its codecs come first, and its failure converter stays', () => {
  const own = { encode: async (some: Payload[]) => some, decode: async (some: Payload[]) => some };
  const env = { MAKEGOOD_ENCRYPTION_KEYS: first };
  expect(withEncryption(env, { payloadCodecs: [own] })?.payloadCodecs).toEqual([own, expect.anything()]);
  expect(withEncryption(env)?.failureConverterPath).toMatch(/encoded-failures/);
  expect(withEncryption(env, { failureConverterPath: '/own.js' })?.failureConverterPath).toBe('/own.js');
});

test('GIVEN the longest label of the widest characters, and the longest id of a key WHEN it is encrypted THEN it fits its column', () => {
  const env = { MAKEGOOD_ENCRYPTION_KEYS: `${'k'.repeat(32)}:${key()}`, MAKEGOOD_ENCRYPT_OUTPUTS: '1' };
  const label = '😀'.repeat(200);
  const stored = ledgerEncryption(env).encryptLabel(label, of);
  expect(stored.length).toBeLessThanOrEqual(1_200);
  expect(ledgerEncryption(env).readLabel(stored, of)).toBe(label);
});

test('GIVEN encrypted texts WHEN they stand in another row, or their key is not here THEN the label says so, and nobody is handed the output', () => {
  const here = ledgerEncryption({ MAKEGOOD_ENCRYPTION_KEYS: first, MAKEGOOD_ENCRYPT_OUTPUTS: '1' });
  const elsewhere = ledgerEncryption({ MAKEGOOD_ENCRYPTION_KEYS: second });
  const label = here.encryptLabel('Email to Ada', of);
  const output = here.encryptOutput({ subject: 'Dear Ada' }, of);
  expect(JSON.stringify([label, output])).not.toContain('Ada');
  expect([here.readLabel(label, of), here.readOutput(output, of)]).toEqual(['Email to Ada', { subject: 'Dear Ada' }]);

  for (const [reader, owner, code] of [
    [elsewhere, of, 'UNKNOWN_ENCRYPTION_KEY'],
    [ledgerEncryption({}), of, 'UNKNOWN_ENCRYPTION_KEY'],
    [here, { ...of, account: 'another' }, 'NOT_DECRYPTED'],
    [here, { ...of, generation: 'another' }, 'NOT_DECRYPTED'],
  ] as const) {
    expect(reader.readLabel(label, owner)).toBe('(encrypted under the key one)');
    const read = reader.readOutput(output, owner);
    expect(() => readable(read)).toThrow(expect.objectContaining({ code, details: { keyId: 'one' } }));
    expect(() => reader.decryptOutput(output, owner)).toThrow(expect.objectContaining({ code }));
  }
});
