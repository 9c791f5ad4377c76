import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { transform } from '@swc/core';
import { PACKAGE_ROOT } from '../../package-root';
import { makegood, stackEnv } from '../harness';

test('GIVEN the backend of the README WHEN it runs as written THEN it prints the draft, and the account has paid for it', async () => {
  const readme = readFileSync(join(PACKAGE_ROOT, 'README.md'), 'utf8');
  const source = /```ts\n(import [\s\S]*?openMakegood[\s\S]*?)```/.exec(readme)?.[1] as string;
  const { code } = await transform(source, { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } });

  // Inside the package, so that `makegood` is resolved as an installed package would be: by its exports.
  const folder = mkdtempSync(join(PACKAGE_ROOT, 'dist/readme-'));
  try {
    writeFileSync(join(folder, 'backend.mjs'), code);
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'backend.mjs')], { env: stackEnv() });
    expect(stdout).toMatch(/subject: '.+'/);
  } finally {
    rmSync(folder, { recursive: true });
  }
  expect(await makegood().balance('acme')).toEqual({ account: 'acme', balance: 99, held: 0 });
});
