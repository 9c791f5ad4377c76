import { startServer } from '../server';

// The HTTP API in a process of its own, so that its memory and CPU are not those of whoever measures it.

export interface Usage {
  /** Bytes. */
  readonly memory: number;
  /** Milliseconds of CPU since it started. */
  readonly cpu: number;
}

async function main(): Promise<void> {
  const { url, stop } = await startServer();
  process.on('disconnect', () => void stop().finally(() => process.exit())); // Never outlives the benchmark.
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    const usage: Usage = { memory: process.memoryUsage.rss(), cpu: (user + system) / 1000 };
    process.send?.(usage);
  });
  process.send?.(url);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
