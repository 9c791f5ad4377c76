/** Milliseconds at the median and at the 99th percentile. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

export function latency(samples: readonly number[]): Latency {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}

/** Runs `work` `count` times, `inFlight` at once. Returns what each took, and all together, in milliseconds. */
export async function together(count: number, inFlight: number, work: (index: number) => Promise<void>) {
  const samples: number[] = [];
  let next = 0;
  const began = performance.now();
  const lane = async () => {
    while (next < count) {
      const start = performance.now();
      await work(next++);
      samples.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return { samples, elapsed: performance.now() - began };
}

export const line = (what: string, value: string) => console.log(`  ${what.padEnd(52)}${value}`);

/** The ratio, with what is expected of it. */
export function ratio(value: number, base: number, compare: '>=' | '<=', expected: number): string {
  const found = value / base;
  const held = compare === '>=' ? found >= expected : found <= expected;
  return `${found.toFixed(2)}  (${compare} ${expected}: ${held ? 'yes' : 'no'})`;
}
