import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../package-root';

// The parent is a process of its own, from the compiled code, so that it can be killed as a user's would be.
const PARENT = `
  const { mkdtempSync } = require('node:fs');
  const { startPostgres } = require('./dev/postgres.js');
  const { writeState, readState, clearState } = require('./dev/state.js');
  const { watch } = require('./dev/reaper.js');
  const path = mkdtempSync(require('node:os').tmpdir() + '/makegood-test-');
  const release = watch({ path });
  writeState({ KEY: 'value' }, path);
  startPostgres({ dataDir: path }).then((postgres) => {
    process.on('SIGTERM', () => postgres.stop().then(() => {
      clearState(path);
      require('node:fs').rmSync(path, { recursive: true });
      release();
      clearInterval(life);
      process.removeAllListeners('SIGTERM');
    }));
    const pid = require('node:fs').readFileSync(path + '/cluster/postmaster.pid', 'utf8').split('\\n')[0];
    console.log(JSON.stringify({ path, pid: Number(pid), state: readState(path) }));
  });
  const life = setInterval(() => {}, 1000);
`;

async function startParent(): Promise<{ parent: ChildProcess; path: string; pid: number; state: unknown }> {
  const parent = spawn(process.execPath, ['-e', PARENT], {
    cwd: join(PACKAGE_ROOT, 'dist'),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = await new Promise<string>((resolve, reject) => {
    parent.stdout?.once('data', (chunk) => resolve(String(chunk)));
    parent.once('exit', () => reject(new Error('the parent ended early')));
  });
  return { parent, ...(JSON.parse(line) as { path: string; pid: number; state: unknown }) };
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Jest's own limit ends it when the promise is broken. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

test('GIVEN a running Postgres WHEN its parent is SIGKILLed THEN it ends and its folder is removed', async () => {
  const { parent, path, pid, state } = await startParent();
  expect(alive(pid)).toBe(true);
  expect(state).toEqual({ pid: parent.pid, env: { KEY: 'value' } });
  parent.kill('SIGKILL');
  await until(() => !alive(pid) && !existsSync(path));
});

test('GIVEN a running Postgres WHEN its parent ends in order THEN nothing holds the parent, and nothing is left', async () => {
  const { parent, path, pid } = await startParent();
  const exited = new Promise((resolve) => parent.once('exit', resolve));
  parent.kill('SIGTERM');
  expect(await exited).toBe(0);
  expect(alive(pid)).toBe(false);
  expect(existsSync(path)).toBe(false);
});
