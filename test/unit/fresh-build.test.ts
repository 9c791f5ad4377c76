import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { staleSource } from '../harness/fresh-build';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'makegood-build-'));
  write('tsconfig.build.json', 1, JSON.stringify({ exclude: ['test', 'dist'] }));
  write('client/start.ts', 1);
  write('dist/client/start.js', 2);
  write('workflows/pay.ts', 1);
  write('dist/workflows/pay.js', 2);
  write('dist/workflow-bundle.js', 3);
});
afterEach(() => rmSync(root, { recursive: true }));

function write(file: string, second: number, text = ''): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
  utimesSync(join(root, file), second, second);
}

test('GIVEN a build of all sources THEN none is stale, whatever was changed in the tests', () => {
  write('test/client/start.test.ts', 9);
  expect(staleSource(root)).toBeUndefined();
});

test.each([
  ['a source that was changed', 'client/start.ts', 9],
  ['a source that was never built', 'client/retry.ts', 1],
  ['a workflow that was built, but not bundled', 'workflows/pay.ts', 9],
])('GIVEN %s THEN it is named', (_, file, second) => {
  write(file, second);
  if (file.startsWith('workflows/')) write('dist/workflows/pay.js', 10);
  expect(staleSource(root)).toBe(file);
});
