import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../package-root';
import { CALLS, READS } from '../../prisma/rights';

// In a session whose search_path is the host's, a table without its schema is the host's table of that name, or none.

const FOLDERS = ['activities', 'cli', 'client', 'ledger', 'server', 'worker'];
/** Sets the search_path of its own transaction: ledger/audit/snapshot.ts. */
const AUDIT = join('ledger', 'audit');

const NAMES = [...Object.keys(READS), ...Object.keys(CALLS).map((name) => `${name}\\(`)].join('|');
const UNQUALIFIED = new RegExp(`\\b(?:FROM|JOIN|INTO|UPDATE|SELECT)\\s+(?:${NAMES})(?!\\w)`);

test('GIVEN the SQL in our sources THEN each table and function in it has its schema', () => {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(PACKAGE_ROOT, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  ).filter((file) => /\.tsx?$/.test(file) && !file.startsWith(AUDIT));
  expect(files.length).toBeGreaterThan(50);
  const found = files.flatMap((file) =>
    readFileSync(join(PACKAGE_ROOT, file), 'utf8')
      .split('\n')
      .filter((line) => UNQUALIFIED.test(line) && !/^\s*(\/\/|\*|\/\*\*)/.test(line))
      .map((line) => `${file}: ${line.trim()}`),
  );
  expect(found).toEqual([]);
});
