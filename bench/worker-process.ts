import { startWorker } from '../worker';

// A worker in a process of its own: whoever measures it asks by a message for its CPU, in milliseconds since it started.

async function main(): Promise<void> {
  const worker = await startWorker();
  process.on('disconnect', () => void worker.stop().finally(() => process.exit())); // Never outlives the benchmark.
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send?.((user + system) / 1000);
  });
  process.send?.('ready');
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
