import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection, Worker } from '@temporalio/worker';
import { makegoodPlugin } from 'makegood/worker';
import * as activities from './activities';
import { writeReply } from './paid-activities';
import { taskQueue } from './task-queue';

// The company's worker as it was, but for the plugin.

async function main(): Promise<void> {
  const { connectionOptions, namespace } = loadClientConnectConfig();
  const connection = await NativeConnection.connect(connectionOptions);
  try {
    const worker = await Worker.create({
      connection,
      namespace: namespace ?? 'default',
      taskQueue,
      workflowsPath: require.resolve('./workflows'),
      activities,
      plugins: [makegoodPlugin({ work: [writeReply] })],
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
