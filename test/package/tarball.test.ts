import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { PACKAGE_ROOT } from '../../package-root';
import { installedPackage } from '../harness/installed-package';

// What npm would publish.

const run = promisify(execFile);
const tool = (name: string) => join(PACKAGE_ROOT, 'node_modules/.bin', name);

async function shipped() {
  const { folder, tarball } = await installedPackage();
  const root = join(folder, 'node_modules/makegood');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
  return { root, files, tarball };
}

test('GIVEN the tarball WHEN publint and attw look at it THEN neither reports anything', async () => {
  const { tarball } = await shipped();
  await run(tool('publint'), ['--strict', tarball]);
  await run(tool('attw'), [tarball]);
});

test('GIVEN the tarball THEN it has no benchmark, chaos, explorer, test or source map, and Prisma’s licence', async () => {
  const { files } = await shipped();
  expect(files.filter((file) => /^dist\/(bench|chaos|explore|test)\/|\.map$|\.test\./.test(file))).toEqual([]);
  expect(files).toContain('dist/prisma/client/runtime/LICENSE');
});

test('GIVEN its JavaScript WHEN a module names another one by path THEN that one is there', async () => {
  const { root, files } = await shipped();
  const missing = files
    .filter((file) => file.endsWith('.js') && file !== 'dist/workflow-bundle.js')
    .flatMap((file) => {
      const code = readFileSync(join(root, file), 'utf8');
      const named = [...code.matchAll(/(?:require|import)\("(\.{1,2}\/[^"]+)"\)/g)].map(([, path]) => path as string);
      const isThere = (path: string) =>
        ['', '.js', '/index.js'].some((end) => existsSync(`${join(root, dirname(file), path)}${end}`));
      return named.filter((path) => !isThere(path)).map((path) => `${file} → ${path}`);
    });
  expect(missing).toEqual([]);
});

test('GIVEN its README and its docs WHEN they link to a file THEN that file is in it', async () => {
  const { root, files } = await shipped();
  const documents = files.filter((file) => file.endsWith('.md'));
  expect(documents).toEqual(expect.arrayContaining(['README.md', 'CHANGELOG.md', 'SECURITY.md', 'docs/operations.md']));
  const dead = documents.flatMap((file) => {
    const links = [...readFileSync(join(root, file), 'utf8').matchAll(/\]\(([^)\s]+)\)/g)].map(
      ([, to]) => to as string,
    );
    const relative = links.filter((to) => !/^(https?:|mailto:|#)/.test(to)).map((to) => to.split('#')[0] as string);
    return relative.filter((to) => !existsSync(join(root, dirname(file), to))).map((to) => `${file} → ${to}`);
  });
  expect(dead).toEqual([]);
});
