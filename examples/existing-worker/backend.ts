import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { taskQueue } from './task-queue';
import type { handleTicket } from './workflows';

// node dist/backend.js <account> <number> <question>

async function main(account: string, number: string, question: string): Promise<void> {
  const { connectionOptions, namespace } = loadClientConnectConfig();
  const connection = await Connection.connect(connectionOptions);
  try {
    const client = new Client({ connection, namespace: namespace ?? 'default' });
    const outcome = await client.workflow.execute<typeof handleTicket>('handleTicket', {
      taskQueue,
      workflowId: `tickets/${account}/${number}`,
      args: [{ account, number, question }],
    });
    console.log(`Ticket ${number}: ${outcome}`);
  } finally {
    await connection.close();
  }
}

const [account = 'acme', number = '4711', question = 'How do I reset my password?'] = process.argv.slice(2);
main(account, number, question).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
