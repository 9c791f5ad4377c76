import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection, Worker } from '@temporalio/worker';
import { makegoodPlugin } from 'makegood/worker';
import { summaryWork } from './activities';

// Your own worker, on your own task queue. Work of one step needs no workflow code.

async function main(): Promise<void> {
  const { connectionOptions, namespace } = loadClientConnectConfig();
  const connection = await NativeConnection.connect(connectionOptions);
  try {
    const worker = await Worker.create({
      connection,
      namespace: namespace ?? 'default',
      taskQueue: process.env.MAKEGOOD_TASK_QUEUE || 'makegood',
      plugins: [makegoodPlugin({ work: [summaryWork] })],
    });
    await worker.run(); // Until SIGINT or SIGTERM.
  } finally {
    await connection.close();
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
