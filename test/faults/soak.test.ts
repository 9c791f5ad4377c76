import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bareEnv } from '../../dev/stack';
import { PACKAGE_ROOT } from '../../package-root';

jest.setTimeout(300_000);

const MINUTES = '0.5';

test('GIVEN half a minute of faults at random WHEN all has ended THEN every credit is accounted for and nothing is held', async () => {
  const env = bareEnv(process.env);
  const chaos = [join(PACKAGE_ROOT, 'dist/chaos/main.js'), '--minutes', MINUTES];
  // Exits with 1 otherwise: then the error brings what it has printed, with the seed first.
  const { stdout } = await promisify(execFile)(process.execPath, chaos, { env });
  expect(stdout).toContain('Every credit is accounted for, nothing is held.');
});
