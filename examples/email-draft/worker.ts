import { startWorker } from 'makegood/worker';
import { emailDraftWork } from './activities';

// A worker that is Makegood's own: its connection, its log and its limits come from the environment.

async function main(): Promise<void> {
  const worker = await startWorker({
    work: [emailDraftWork],
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void worker.stop());
  await worker.done;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
