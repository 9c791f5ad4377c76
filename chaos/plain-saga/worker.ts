import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { Pool } from 'pg';
import { plainSagaActivities } from './activities';

/** A worker as the samples start it, with every option at its default. Settings come from the environment. */
async function main(env: NodeJS.ProcessEnv): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const worker = await Worker.create({
    connection: await NativeConnection.connect({ address: env.TEMPORAL_ADDRESS as string }),
    taskQueue: env.PLAIN_SAGA_TASK_QUEUE as string,
    workflowsPath: require.resolve('./workflow'),
    activities: plainSagaActivities(
      new Pool({ connectionString: env.MAKEGOOD_OWNER_DATABASE_URL }),
      env.OPENAI_BASE_URL as string,
    ),
  });
  console.log('worker ready');
  await worker.run();
}

void main(process.env);
