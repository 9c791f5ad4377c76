import { execFileSync } from 'node:child_process';
import { PACKAGE_ROOT } from '../package-root';
import { latency, line } from './measure';

// What `require('makegood')` costs a process, beside one that does nothing, and beside the Temporal client that it has
// anyway. Each in processes of its own, in turn, so that all meet the same machine.

const PROCESSES = 9;

const CASES = {
  'node -e 0': '0',
  "require('@temporalio/client')": "require('@temporalio/client')",
  "the same, and require('makegood')": "require('@temporalio/client'), require('./dist/index.js')",
} as const;

interface Cost {
  readonly ms: number;
  /** Bytes of resident memory. */
  readonly rss: number;
}

function costOf(code: string): Cost {
  const script = `const began = performance.now(); ${code};
    console.log(JSON.stringify({ ms: performance.now() - began, rss: process.memoryUsage.rss() }))`;
  return JSON.parse(execFileSync(process.execPath, ['-e', script], { cwd: PACKAGE_ROOT, encoding: 'utf8' })) as Cost;
}

const samples = Array.from({ length: PROCESSES }, () => Object.values(CASES).map(costOf));
let before: Cost | undefined;
for (const [index, what] of Object.keys(CASES).entries()) {
  const median = (of: keyof Cost) => latency(samples.map((round) => (round[index] as Cost)[of])).p50;
  const cost = { ms: median('ms'), rss: median('rss') };
  const more = before && ` (+${megabytes(cost.rss - before.rss)}, +${(cost.ms - before.ms).toFixed(0)} ms)`;
  line(what, `${megabytes(cost.rss)}  ${cost.ms.toFixed(0)} ms${more ?? ''}`);
  before = cost;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
