// npm links the commands of a package's dependencies, not its own: this makes `npx makegood` run this checkout's.
import { chmodSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
chmodSync(`${root}dist/cli/main.js`, 0o755);
mkdirSync(`${root}node_modules/.bin`, { recursive: true });
rmSync(`${root}node_modules/.bin/makegood`, { force: true });
symlinkSync('../../dist/cli/main.js', `${root}node_modules/.bin/makegood`);
