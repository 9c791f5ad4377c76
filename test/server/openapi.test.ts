import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { PACKAGE_ROOT } from '../../package-root';
import { createKey } from '../../server/api-keys';
import { kindBodies, kindComponents } from '../../server/kind-schemas';
import { address, makegood, newAccount, onClose, ownQueue, serverEnv } from '../harness';
import { movesOf } from '../harness/money';
import { ownDatabase } from '../harness/own-database';
import { python, pythonPackages, pythonTest } from '../harness/python';
import { brief, newKey, startApi } from './api';

// The OpenAPI document as others' tools take it: a linter, a generator of clients, a fuzzer.

const FILES = join(PACKAGE_ROOT, 'test/server/openapi');
/** Where the document says that the server is. No tool goes there. */
const PUBLIC_URL = 'https://billing.acme.test';

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'makegood-test-'));
  onClose(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** The document of a running server, in a folder of its own. */
async function documentFolder(): Promise<string> {
  const path = await folder();
  const api = await startApi({ MAKEGOOD_PUBLIC_URL: PUBLIC_URL });
  await writeFile(join(path, 'openapi.json'), await (await api.call('/openapi.json')).text());
  return path;
}

test('GIVEN the document WHEN Redocly lints it THEN it reports nothing', async () => {
  const cwd = await documentFolder();
  await cp(FILES, cwd, { recursive: true });
  const bin = join(PACKAGE_ROOT, 'node_modules/@redocly/cli/bin/cli.js');
  // It would tell its makers of each run, and look for a newer version of itself.
  const env = { PATH: process.env.PATH, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  const args = [bin, 'lint', 'openapi.json', '--config', 'redocly.yaml', '--format', 'json'];
  const linted = await promisify(execFile)(process.execPath, args, { cwd, env }).catch((error) => error);
  const { problems } = JSON.parse(linted.stdout) as { problems: { ignored?: boolean }[] };
  expect(problems.filter(({ ignored }) => !ignored)).toEqual([]);
});

describe('the kinds of work', () => {
  const kinds = ['email-draft', 'web-summary'].map((kind, at) => ({
    kind,
    input: z.strictObject({ [`of${at}`]: z.string().transform((text) => text.length) }),
    output: z.object({ body: z.string() }),
  }));
  const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

  test('GIVEN one kind THEN it stands for itself; GIVEN several THEN `kind` tells them apart', () => {
    const one = kindComponents(kinds.slice(0, 1));
    expect(Object.keys(one).sort()).toEqual(
      ['EmailDraftInput', 'EmailDraftOutput', 'GenerationOutput', 'StartEmailDraft'].sort(),
    );
    expect(JSON.stringify(one)).not.toContain('oneOf');
    const several = kindComponents(kinds);
    expect(several.StartGeneration).toEqual({
      oneOf: [ref('StartEmailDraft'), ref('StartWebSummary')],
      discriminator: {
        propertyName: 'kind',
        mapping: { 'email-draft': ref('StartEmailDraft').$ref, 'web-summary': ref('StartWebSummary').$ref },
      },
    });
    expect(several.StartWebSummary?.properties).toMatchObject({
      kind: { const: 'web-summary' },
      input: ref('WebSummaryInput'),
    });
    expect(several.GenerationOutput?.anyOf).toEqual([
      ref('EmailDraftOutput'),
      ref('WebSummaryOutput'),
      { type: 'null' },
    ]);
  });

  test('GIVEN an input THEN it is checked by its kind, and passed on as it came', () => {
    const { StartBody } = kindBodies(kinds);
    const body = { account: 'acme', kind: 'web-summary', input: { of1: 'page' } };
    expect(StartBody.parse(body)).toEqual(body);
    const wrong = StartBody.safeParse({ ...body, kind: 'email-draft' });
    expect(wrong.error?.issues.map(({ path }) => path.join('.'))).toContain('input.of0');
  });
});

pythonTest(
  'GIVEN the document WHEN openapi-python-client makes a client THEN it starts, waits, retries and reads usage',
  async () => {
    const packages = await pythonPackages('openapi-python-client==0.29.1', 'httpx==0.28.1');
    const cwd = await documentFolder();
    const generate = ['-m', 'openapi_python_client', 'generate', '--path', 'openapi.json', '--meta', 'none'];
    const generated = await python([...generate, '--output-path', 'makegood_client'], { cwd, packages });
    // It says so where it leaves something out.
    expect(generated).toEqual({ code: 0, output: expect.not.stringMatching(/warning|unable|error/i) });

    const { url } = await startApi();
    const [account, unpaid] = [await newAccount(10), await newAccount(1)];
    const spent = brief(unpaid);
    await makegood().start(spent as never);
    await makegood().result(unpaid, spent.id);
    const script = join(FILES, 'generated-client.py');
    const args = [script, url, await newKey('write'), account, unpaid, address('ok'), address('refused')];
    const ran = await python(args, { cwd, packages, env: { PYTHONPATH: `${cwd}:${packages}` } });
    expect(ran).toEqual({ code: 0, output: 'GRANT RESERVE SETTLE RESERVE REFUND RESERVE REFUND\n' });
    expect(await movesOf(account)).toHaveLength(6);
  },
  240_000,
);

/** Schemathesis goes on for as long as it may; in this time it comes to each operation with what is right and wrong. */
const FUZZ_SECONDS = 20;

pythonTest(
  'GIVEN a running server WHEN Schemathesis asks it whatever the document allows and forbids THEN it reports nothing',
  async () => {
    const packages = await pythonPackages('schemathesis==4.32.5');
    // It erases and adjusts whatever it finds: in a database of its own.
    const { env: database, operator } = await ownDatabase('fuzzed');
    const { env, startWorker } = ownQueue(database);
    await startWorker();
    const { key } = await createKey(operator, { name: 'schemathesis', scopes: ['admin'] });
    const api = await startApi({ ...serverEnv(), ...database, MAKEGOOD_TASK_QUEUE: env.MAKEGOOD_TASK_QUEUE });
    // What the examples of the document name, and what is there to be erased.
    for (const account of ['acme', 'erased']) {
      const post = (path: string, body: unknown) => api.call(path, { method: 'POST', key, body });
      expect((await post(`/v1/accounts/${account}/grants`, { credits: 1_000_000 })).status).toBe(201);
      expect((await post('/v1/generations?wait=30', brief(account, 'ok', 'welcome-ada'))).status).toBe(200);
    }
    const config = ['--config-file', join(FILES, 'schemathesis.toml')];
    const limits = ['--max-time', `${FUZZ_SECONDS}`];
    const header = ['--header', `Authorization: Bearer ${key}`];
    const run = ['run', `${api.url}/openapi.json`, ...header, ...limits, '--no-color'];
    const ran = await python(['-m', 'schemathesis.cli', ...config, ...run], { cwd: await folder(), packages });
    expect(ran.code === 0 ? '' : ran.output).toBe('');
    expect(ran.output).toMatch(/Tested: +18[\s\S]+No issues found/);
  },
  300_000,
);
