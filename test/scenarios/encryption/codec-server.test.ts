import { randomBytes } from 'node:crypto';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { type EncryptionKeys, readEncryptionKeys } from '../../../encryption';
import { type CodecServerSetup, startCodecServer } from '../../../server/codec-server';
import { encryptionCodec } from '../../../temporal/encryption';
import { onClose, until } from '../../harness';
import { jsonLines, launch, run } from '../../harness/command';

// What Temporal's Web UI asks of a codec server, as its browser sends it.

const KEYS = `one:${randomBytes(32).toString('base64')}`;
const TOKEN = randomBytes(32).toString('base64url');
const UI = 'https://temporal.example.com';
const ENV = { MAKEGOOD_ENCRYPTION_KEYS: KEYS, MAKEGOOD_LOG: 'silent' };
const codec = encryptionCodec(readEncryptionKeys(ENV) as EncryptionKeys);
const plain = defaultPayloadConverter.toPayload({ goal: 'Ask Ada' }) as Payload;

async function serve(env: Record<string, string>, setup: CodecServerSetup = {}) {
  const server = await startCodecServer({ env: { ...ENV, ...env }, ...setup });
  onClose(() => server.stop());
  return server;
}

/** Payloads as protobuf's JSON has them. */
const json = (...payloads: Payload[]) => ({
  payloads: payloads.map(({ metadata, data }) => ({
    metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)])),
    data: base64(data),
  })),
});
const base64 = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString('base64');

const asked = (url: string, path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Namespace': 'default', Origin: UI, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

test('GIVEN a token WHEN the Web UI asks with it THEN payloads are decoded, after a preflight without it; without it nothing is', async () => {
  const { url } = await serve({ MAKEGOOD_CODEC_SERVER_TOKEN: TOKEN, TEMPORAL_UI_URL: `${UI}/namespaces` });
  const preflight = await fetch(`${url}/decode`, {
    method: 'OPTIONS',
    headers: {
      Origin: UI,
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'authorization,content-type,x-namespace',
    },
  });
  expect(preflight.status).toBe(204);
  const allowed = Object.fromEntries(preflight.headers);
  expect(allowed).toMatchObject({
    'access-control-allow-origin': UI,
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': 'Authorization,Content-Type,X-Namespace',
    'access-control-allow-credentials': 'true',
  });

  const encrypted = await codec.encode([plain]);
  const bearer = { Authorization: `Bearer ${TOKEN}` };
  // The Web UI sends what was never encrypted as well.
  const decoded = await asked(url, '/decode', json(...encrypted, plain), bearer);
  expect(decoded.status).toBe(200);
  expect(decoded.headers.get('access-control-allow-origin')).toBe(UI);
  expect(await decoded.json()).toEqual(json(plain, plain));

  const encoded = await asked(url, '/encode', json(plain), bearer);
  const text = await encoded.text();
  expect(text).not.toContain(base64(plain.data));
  const back = await asked(url, '/decode', text, bearer);
  expect(await back.json()).toEqual(json(plain));

  for (const wrong of [{}, { Authorization: `Bearer ${TOKEN}x` }, { Authorization: TOKEN }]) {
    const refused = await asked(url, '/decode', json(...encrypted), wrong);
    expect(refused.status).toBe(401);
    // So that the page can read why.
    expect(refused.headers.get('access-control-allow-origin')).toBe(UI);
    expect(await refused.json()).toMatchObject({ code: 'UNAUTHENTICATED' });
  }
  const elsewhere = await asked(url, '/decode', json(...encrypted), { ...bearer, Origin: 'https://evil.example.com' });
  expect([elsewhere.status, elsewhere.headers.get('access-control-allow-origin')]).toEqual([403, null]);
});

test('GIVEN a payload of another key, or no payloads WHEN they are to be decoded THEN it says what is wrong', async () => {
  const { url } = await serve({}, { origin: UI });
  const other = encryptionCodec(
    readEncryptionKeys({
      MAKEGOOD_ENCRYPTION_KEYS: `other:${randomBytes(32).toString('base64')}`,
    }) as EncryptionKeys,
  );
  const answers = async (body: unknown, path = '/decode') => (await asked(url, path, body)).json();
  expect(await answers(json(...(await other.encode([plain]))))).toMatchObject({
    ...{ status: 503, code: 'UNKNOWN_ENCRYPTION_KEY', keyId: 'other' },
  });
  expect(await answers('no json')).toMatchObject({ status: 400, code: 'MALFORMED_BODY' });
  expect(await answers({})).toMatchObject({ status: 422, code: 'INVALID_INPUT' });
  expect(await answers({ payloads: [{ data: '§' }] })).toMatchObject({ status: 422, code: 'INVALID_INPUT' });
  expect(await answers(json(plain), '/elsewhere')).toMatchObject({ status: 404, code: 'NOT_FOUND' });
  expect(await answers({ payloads: [] })).toEqual({ payloads: [] });
});

test.each([
  ['no keys', { MAKEGOOD_ENCRYPTION_KEYS: '' }, 'MAKEGOOD_ENCRYPTION_KEYS is not set'],
  ['no token beyond loopback', { MAKEGOOD_CODEC_SERVER_HOST: '0.0.0.0' }, 'MAKEGOOD_CODEC_SERVER_TOKEN must be set'],
  ['a token that can be guessed', { MAKEGOOD_CODEC_SERVER_TOKEN: 'secret' }, 'at least 32 characters'],
  ['no URL', { MAKEGOOD_CODEC_SERVER_ORIGIN: 'temporal' }, 'MAKEGOOD_CODEC_SERVER_ORIGIN must be'],
])('GIVEN %s WHEN the command starts THEN it ends with one line that names the setting', async (_, settings, line) => {
  const { PATH } = process.env;
  const ran = await run(['codec-server'], { env: { PATH, ...ENV, ...settings } });
  expect(ran).toMatchObject({ code: 2, stdout: '' });
  expect(ran.stderr).toContain(line);
  expect(ran.stderr.trim().split('\n')).toHaveLength(1);
});

test('GIVEN the command WHEN it listens THEN it prints its address, decodes, and ends at SIGTERM', async () => {
  const { PATH } = process.env;
  const { child, output, ended } = launch(['codec-server', '--json'], { env: { PATH, ...ENV } });
  const { url } = await until('its address', async () => jsonLines<{ url: string }>(output.stdout)[0]);
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  const body = JSON.stringify(json(...(await codec.encode([plain]))));
  const answer = await fetch(`${url}/decode`, { method: 'POST', body });
  expect(await answer.json()).toEqual(json(plain));
  const taken = await run(['codec-server', '--port', new URL(url).port], { env: { PATH, ...ENV } });
  expect(taken).toMatchObject({ code: 1, stderr: expect.stringContaining('MAKEGOOD_CODEC_SERVER_PORT') });
  child.kill('SIGTERM');
  expect(await ended).toMatchObject({ code: 0 });
});
