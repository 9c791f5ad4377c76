import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../package-root';
import { makegood, newAccount, onClose, serverEnv, stackEnv, until } from '../harness';
import { BARE, ctrlC, inFolder, jsonLines, launch, run } from '../harness/command';
import { expectToAddUp } from '../harness/money';

// A product's own kind, as its makegood.config names it: the built command line serves it.

const KIND = `
import { definePaidWork } from 'makegood';
import { z } from 'zod';
export const summary = definePaidWork({
  kind: 'summary',
  input: z.strictObject({ url: z.url(), pages: z.int().min(1) }),
  output: z.object({ title: z.string(), pages: z.int() }),
  price: ({ pages }: { pages: number }) => 3 * pages,
  label: ({ url }: { url: string }) => 'Summary of ' + new URL(url).host,
});`;

const WORK = `
import { delivered, perform } from 'makegood/activity';
import { summary } from './kind';
export const work = [
  perform(summary, async ({ url, pages }, { label }) => delivered({ title: label, pages }, { credits: 2 * pages })),
];`;

const CONFIG = `
import { defineConfig } from 'makegood';
import { summary } from './kind';
export default defineConfig({
  kinds: [summary],
  work: async () => (await import('./work')).work,
  workflows: './workflows.ts',
});`;

/** A project that has makegood in its `node_modules`. */
function project(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'makegood-config-'));
  onClose(async () => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(PACKAGE_ROOT, join(folder, 'node_modules/makegood'));
  symlinkSync(join(PACKAGE_ROOT, 'node_modules/zod'), join(folder, 'node_modules/zod'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

const queue = `q-${randomUUID()}`;
// No key of a provider: a worker that drafts no emails needs none.
const { OPENAI_API_KEY: _, ...keyless }: Record<string, string> = { ...stackEnv(), MAKEGOOD_TASK_QUEUE: queue };

describe('a kind of makegood.config.ts', () => {
  let place: { cwd: string; env: Record<string, string> };
  beforeAll(async () => {
    const cwd = project({
      'kind.ts': KIND,
      'work.ts': WORK,
      'workflows.ts': 'export async function ownWorkflow() {}',
      'makegood.config.ts': CONFIG,
    });
    place = { cwd, env: keyless };
    const worker = launch(['worker'], place);
    onClose(async () => {
      ctrlC(worker.child);
      await worker.ended;
    });
    await until('the worker to be ready', async () => {
      if (worker.child.exitCode !== null) throw new Error(worker.output.stderr);
      return worker.output.stdout.includes('worker ready');
    });
  });

  const input = JSON.stringify({ url: 'https://news.example/q3', pages: 10 });

  test('GIVEN generate --kind --input THEN its output is printed as JSON, and it is charged what it cost', async () => {
    const account = await newAccount(100);
    const args = ['generate', '--account', account, '--kind', 'summary', '--id', 's1', '--input', input];
    const people = await run(args, place);
    expect(people).toMatchObject({ code: 0, stderr: '' });
    expect(people.stdout).toMatch(/succeeded after 1 attempt · charged 20 credits/);
    const output = people.stdout.slice(people.stdout.indexOf('{'));
    expect(JSON.parse(output)).toEqual({ title: 'Summary of news.example', pages: 10 });

    writeFileSync(join(place.cwd, 'input.json'), input);
    const again = await run([...args.slice(0, -1), '@input.json', '--json'], place);
    expect(jsonLines(again.stdout)).toMatchObject([{ id: 's1', status: 'succeeded', charged: 20 }]);
    expect(await makegood().balance(account)).toMatchObject({ balance: 80, held: 0 });
    await expectToAddUp(account);
  });

  test('GIVEN a file whose lines name kind and input THEN each is made, and those that do not fit are told', async () => {
    const account = await newAccount(100);
    const asked = { kind: 'summary', input: JSON.parse(input) };
    const lines = [
      { id: 'a', ...asked },
      { id: 'b', kind: 'summary', input: { url: 'https://news.example/', pages: 0 } },
      { id: 'c', kind: 'poem', input: {} },
      { id: 'd', to: 'ok@sandbox.test', goal: 'An email, which is not sold here' },
      { id: 'e', ...asked, goal: 'of both' },
      { id: 'f', kind: 'summary' },
    ];
    writeFileSync(join(place.cwd, 'lines.jsonl'), lines.map((line) => JSON.stringify(line)).join('\n'));
    const ran = await run(['generate', '--account', account, '--file', 'lines.jsonl', '--json'], place);
    expect(ran.code).toBe(2);
    expect(jsonLines(ran.stdout)).toMatchObject([{ id: 'a', status: 'succeeded', charged: 20 }]);
    expect(ran.stderr).toMatch(/^line 2: pages: /m);
    expect(ran.stderr).toMatch(/^line 3: kind: must be one of summary/m);
    expect(ran.stderr).toMatch(/^line 4: kind: must be one of summary/m);
    expect(ran.stderr).toMatch(/^line 5: goal: does not go with input/m);
    expect(ran.stderr).toMatch(/^line 6: input: is missing/m);
    await expectToAddUp(account);
  });

  test.each([
    ['a kind that is not sold', ['--kind', 'poem', '--input', '{}'], /kind: must be one of summary/],
    ['an input that is no JSON', ['--kind', 'summary', '--input', '{url'], /--input is not JSON/],
    ['an input that does not fit', ['--kind', 'summary', '--input', '{"url":"x"}'], /url: .*pages: is missing/],
    ['an input of no file', ['--kind', 'summary', '--input', '@nowhere.json'], /--input @nowhere.json can't be read/],
    ['no input', ['--kind', 'summary'], /--input is missing/],
    ['an input and a recipient', ['--input', '{}', '--to', 'a@b.example'], /--to does not go with --input/],
    ['a kind for a file', ['--file', 'lines.jsonl', '--kind', 'summary'], /--kind does not go with --file/],
  ])('GIVEN %s THEN one line says so, and exit 2', async (_what, args, says) => {
    const ran = await run(['generate', '--account', 'acme', ...args], place);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr.trim().split('\n')).toHaveLength(1);
    expect(ran.stderr).toMatch(says);
  });

  test('GIVEN makegood server THEN its document has the kind, and POST makes one', async () => {
    const account = await newAccount(100);
    const server = launch(['server', '--json'], { ...place, env: { ...serverEnv(), MAKEGOOD_TASK_QUEUE: queue } });
    onClose(async () => {
      ctrlC(server.child);
      await server.ended;
    });
    const [ready] = await until('the server to listen', async () => {
      if (server.child.exitCode !== null) throw new Error(server.output.stderr);
      return server.output.stdout.includes('\n') && jsonLines<{ url: string }>(server.output.stdout);
    });
    const url = ready?.url as string;
    const document = await (await fetch(`${url}/openapi.json`)).text();
    expect(document).toContain('"const":"summary"');
    expect(document).not.toContain('"const":"email-draft"');

    const { stdout } = await run(['keys', 'create', 'config', '--scope', 'write', '--json']);
    const { key } = JSON.parse(stdout) as { key: string };
    const answer = await fetch(`${url}/v1/generations?wait=20`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'idempotency-key': 'p1' },
      body: JSON.stringify({ account, id: 'p1', kind: 'summary', input: JSON.parse(input) }),
    });
    expect(await answer.json()).toMatchObject({ kind: 'summary', status: 'succeeded', charged: 20 });
    await expectToAddUp(account);
  });
});

test('GIVEN a configuration in JavaScript, named by MAKEGOOD_CONFIG THEN its prices are those of the email draft', async () => {
  const folder = project({
    'sold.mjs': `import { defineConfig } from 'makegood';\nexport default defineConfig({ prices: { 'email-draft': 7 } });`,
    'sold.cjs': `module.exports = { prices: { 'email-draft': 7 } };`,
  });
  for (const name of ['sold.mjs', 'sold.cjs']) {
    const account = await newAccount(6);
    const env = { ...stackEnv(), MAKEGOOD_CONFIG: join(folder, name) };
    const ran = await run(['generate', '--account', account, '--to', 'ok@sandbox.test', '--goal', 'Hi'], { env });
    expect(ran.stdout).toContain('The balance is 6, the price 7.');
  }
});

describe('a bad configuration', () => {
  const written = (config: string) => `import { defineConfig, emailDraft } from 'makegood';\nexport default ${config};`;
  test.each([
    ['an unknown key', written('defineConfig({ kidns: [] })'), /kidns/],
    ['kinds that are none', written('defineConfig({ kinds: [{}] })'), /kinds: must be a list of what/],
    ['a kind twice', written('defineConfig({ kinds: [emailDraft, emailDraft] })'), /email-draft is there twice/],
    ['work that is none', written('defineConfig({ work: [1] })'), /work: must be a list of what/],
    ['a price of no kind', written('defineConfig({ prices: { poem: 1 } })'), /a price of poem, which is no kind/],
    ['a price that is none', written("defineConfig({ prices: { 'email-draft': -1 } })"), /whole number from 0/],
    ['tries that are none', written('defineConfig({ tries: { attempts: 0 } })'), /tries.attempts/],
    ['workflows that are not there', written("defineConfig({ workflows: './w.ts' })"), /workflows: there is no file/],
    ['a theme that is not there', written("defineConfig({ theme: './t.css' })"), /theme: there is no file/],
    ['no default export', 'export const kinds = [];', /default export/],
    ['a syntax error', 'export default {', /./],
    ['a module that is not there', "import './nowhere';\nexport default {};", /nowhere/],
  ])('GIVEN %s THEN one line names the file and what is wrong, and exit 2', async (_what, config, says) => {
    const cwd = project({ 'makegood.config.ts': config });
    const ran = await run(['balance', 'acme'], { cwd, env: stackEnv() });
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr.trim().split('\n')).toHaveLength(1);
    expect(ran.stderr).toMatch(/^error: makegood\.config\.ts: /);
    expect(ran.stderr).toMatch(says);
  });

  test('GIVEN MAKEGOOD_CONFIG of a file that is not there THEN one line says so', async () => {
    const ran = await run(['worker'], { env: { ...BARE, MAKEGOOD_CONFIG: 'nowhere.ts' } });
    expect(ran).toMatchObject({ code: 2, stderr: 'error: MAKEGOOD_CONFIG: there is no file nowhere.ts.\n' });
  });

  test('GIVEN one in the folder of makegood dev THEN it is told before any server starts', async () => {
    await inFolder(async (cwd) => {
      writeFileSync(join(cwd, 'makegood.config.mjs'), 'export default { frobnicate: 1 };');
      const ran = await run(['dev'], { cwd, env: BARE });
      expect(ran).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringMatching(/^error: makegood.config.mjs: /),
      });
    });
  });
});
