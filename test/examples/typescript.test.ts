import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { cpSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { watch } from '../../dev/reaper';
import { PACKAGE_ROOT } from '../../package-root';
import { address, makegood, newAccount, onClose, stackEnv } from '../harness';
import { installedPackage } from '../harness/installed-package';
import { expectToAddUp, movesOf } from '../harness/money';

// The examples as a user runs them: beside the installed package, compiled, each with a worker process of its own.

const run = promisify(execFile);
const TSC = join(PACKAGE_ROOT, 'node_modules/.bin/tsc');
const WORKER = ['worker', 'workflow', 'activity', 'plugin'].map((name) => `@temporalio/${name}`);

/** npm fetches what the package and its peers depend on. */
const INSTALL_MS = 180_000;
let folder: string;
beforeAll(async () => {
  ({ folder } = await installedPackage(...WORKER, 'openai', '@types/node'));
}, INSTALL_MS);

interface Example {
  /** Runs its backend, to its end. */
  backend(...args: string[]): Promise<{ code: number; output: string }>;
}

/** Type-checks and compiles the example, and starts its worker. */
async function example(name: string): Promise<Example> {
  const project = join(folder, name);
  cpSync(join(PACKAGE_ROOT, 'examples', name), project, {
    recursive: true,
    filter: (path) => !/\/(dist|node_modules)$/.test(path),
  });
  await run(TSC, ['--strict'], { cwd: project }).catch(({ stdout }) => {
    throw new Error(`${name} does not type-check:\n${stdout}`);
  });
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, ...stackEnv(), MAKEGOOD_TASK_QUEUE: `${name}-${randomUUID()}` } as NodeJS.ProcessEnv;
  const start = (script: string, ...args: string[]) => {
    const child = spawn(process.execPath, [join('dist', script), ...args], { cwd: project, env });
    child.once('exit', watch({ pid: child.pid ?? 0, signal: 'SIGKILL' }));
    return { child, ended: endOf(child) };
  };
  const worker = start('worker.js');
  onClose(async () => {
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toMatchObject({ code: 0 });
  });
  return {
    backend(...args) {
      const diedBefore = worker.ended.then(({ output }) => Promise.reject(new Error(`the worker ended:\n${output}`)));
      return Promise.race([start('backend.js', ...args).ended, diedBefore]);
    },
  };
}

async function endOf(child: ChildProcess): Promise<{ code: number; output: string }> {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk));
  const [code] = (await once(child, 'close')) as [number];
  return { code, output };
}

/** Serves each path's answers one after the other, and the last of them for ever. */
async function serve(pages: Record<string, (string | number)[]>): Promise<string> {
  const server = createServer(({ url }, response) => {
    const answers = pages[url ?? ''] ?? [404];
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    response.statusCode = typeof answer === 'number' ? answer : 200;
    response.end(String(answer));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onClose(async () => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('document-summary', () => {
  let summary: Example;
  let site: string;
  beforeAll(async () => {
    site = await serve({ '/short': ['One page.\fAnother page.'], '/private': [401] });
    summary = await example('document-summary');
  });

  test('GIVEN a document of two pages WHEN up to ten are asked for THEN ten are held, and two are charged', async () => {
    const account = await newAccount(100);
    expect(await summary.backend(account, 'q3', `${site}/short`, '10')).toEqual({
      code: 0,
      output: expect.stringMatching(/Charged 6, given back 0\.\n$/),
    });
    expect(await movesOf(account)).toEqual(['RESERVE -30 q3', 'SETTLE -30 q3']);
    expect(await makegood().balance(account)).toMatchObject({ balance: 94, held: 0 });
    await expectToAddUp(account);
  });

  test('GIVEN a document behind a login THEN all comes back for a reason of its own, after one attempt', async () => {
    const account = await newAccount(100);
    expect(await summary.backend(account, 'q3', `${site}/private`, '10')).toEqual({
      code: 1,
      output: 'The document asks for a login.\nCharged 30, given back 30.\n',
    });
    expect(await movesOf(account)).toEqual(['RESERVE -30 q3', 'REFUND 30 q3 DOCUMENT_PRIVATE']);
    expect((await makegood().describe(account, 'q3')).record?.attempts).toHaveLength(1);
    await expectToAddUp(account);
  });

  test('GIVEN a balance that is short of the most it can cost THEN it says so, and nothing is charged', async () => {
    const account = await newAccount(29);
    expect(await summary.backend(account, 'q3', `${site}/short`, '10')).toEqual({
      code: 2,
      output: 'It takes up to 30 credits, there are 29.\n',
    });
    expect(await movesOf(account)).toEqual([]);
  });
});

describe('existing-worker', () => {
  let tickets: Example;
  beforeAll(async () => {
    tickets = await example('existing-worker');
  });

  test('GIVEN a ticket WHEN it is handled THEN its reply is charged once', async () => {
    const account = await newAccount(10);
    expect(await tickets.backend(account, '1', 'How do I reset my password?')).toEqual({
      code: 0,
      output: 'Ticket 1: answered\n',
    });
    expect(await movesOf(account)).toEqual(['RESERVE -2 ticket-1', 'SETTLE -2 ticket-1']);
    await expectToAddUp(account);
  });

  test('GIVEN the provider declines THEN the credits are back, and the workflow goes on without the reply', async () => {
    const account = await newAccount(10);
    expect(await tickets.backend(account, '2', `Write to ${address('refused')}`)).toEqual({
      code: 0,
      output: 'Ticket 2: for a person: PROVIDER_REFUSED\n',
    });
    expect(await movesOf(account)).toEqual(['RESERVE -2 ticket-2', 'REFUND 2 ticket-2 PROVIDER_REFUSED']);
    await expectToAddUp(account);
  });

  test('GIVEN too few credits THEN nothing is charged, and the workflow knows why', async () => {
    const account = await newAccount(1);
    const { output } = await tickets.backend(account, '3', 'Hello?');
    expect(output).toBe('Ticket 3: for a person: INSUFFICIENT_CREDITS\n');
    expect(await movesOf(account)).toEqual([]);
  });
});

describe('research-report', () => {
  let report: Example;
  let site: string;
  beforeAll(async () => {
    site = await serve({ '/flaky': [503, 'The moon pulls.'], '/ok': ['The sea follows.'] });
    report = await example('research-report');
  });

  test('GIVEN a source that is away at first THEN its step alone is tried again, and the whole is charged once', async () => {
    const account = await newAccount(50);
    expect(await report.backend(account, 'tides', 'tides', `${site}/flaky`, `${site}/ok`)).toEqual({
      code: 0,
      output: expect.stringMatching(/Charged 20, given back 0\.\n$/),
    });
    const { record } = await makegood().describe(account, 'tides');
    expect(record?.attempts.map(({ reason }) => reason)).toEqual(['SOURCE_UNREACHABLE']);
    expect(await movesOf(account)).toEqual(['RESERVE -20 tides', 'SETTLE -20 tides']);
    await expectToAddUp(account);
  });

  test('GIVEN the last step fails for good THEN all comes back', async () => {
    const account = await newAccount(50);
    // The topic reaches the provider in the last step alone.
    expect(await report.backend(account, 'no', address('refused'), `${site}/ok`)).toEqual({
      code: 1,
      output: 'Our AI provider declined to write this report.\nCharged 20, given back 20.\n',
    });
    expect(await movesOf(account)).toEqual(['RESERVE -20 no', 'REFUND 20 no PROVIDER_REFUSED']);
    await expectToAddUp(account);
  });
});

describe('email-draft', () => {
  let email: Example;
  beforeAll(async () => {
    email = await example('email-draft');
  });

  test('GIVEN a provider that fails twice THEN one draft, charged once', async () => {
    const account = await newAccount(1);
    const { code, output } = await email.backend(account, 'welcome', address('flaky-2'));
    expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/^Welcome them to the beta\n\n/) });
    expect(await movesOf(account)).toEqual(['RESERVE -1 welcome', 'SETTLE -1 welcome']);
    await expectToAddUp(account);
  });

  test('GIVEN the provider declines THEN the credit is back, in the words of its kind', async () => {
    const account = await newAccount(1);
    expect(await email.backend(account, 'welcome', address('refused'))).toEqual({
      code: 1,
      output: 'Our AI provider declined to write this draft.\nCharged 1, given back 1.\n',
    });
    expect(await movesOf(account)).toEqual(['RESERVE -1 welcome', 'REFUND 1 welcome PROVIDER_REFUSED']);
    await expectToAddUp(account);
  });
});
