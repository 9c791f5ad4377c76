import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, NativeConnection, Worker } from '@temporalio/worker';
import { activities } from '../activities';
import { emailDraft } from '../kinds/email-draft';
import { connectProvider } from '../kinds/email-draft/provider';
import { emailDraftWork } from '../kinds/email-draft/work';
import { orderOf } from '../kinds/order';
import { openDatabase } from '../ledger/database';
import { readProviderSettings, readSettings } from '../settings';
import { namespaceId } from '../temporal/namespace';
import { workerOptions } from '../worker/options';
import type { Order } from '../workflows/order';

export const FORMS = ['paidWork', 'plainForm', 'localForm', 'oneActivity', 'empty'] as const;
export type Form = (typeof FORMS)[number];

/** A worker that knows all forms, on one Temporal server, and a way to run one of them to its end. */
export interface Bench {
  run(form: Form, account: string): Promise<void>;
  close(): Promise<void>;
}

const quiet = { trace() {}, debug() {}, info() {}, log() {}, warn: console.warn, error: console.error };

export async function openBench(env: Record<string, string>, address: string): Promise<Bench> {
  const taskQueue = `bench-${randomUUID()}`;
  const db = openDatabase(readSettings(env).databaseUrl, 20);
  const native = await NativeConnection.connect({ address });
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const namespace = await namespaceId(client);
  const worker = await Worker.create({
    connection: native,
    taskQueue,
    workflowBundle: await bundleWorkflowCode({ workflowsPath: join(__dirname, 'workflows.js'), logger: quiet }),
    activities: activities({
      ...{ db, temporal: client, namespace: async () => namespace },
      work: [emailDraftWork(await connectProvider(readProviderSettings(env)))],
      reasonsOf: () => emailDraft.reasons,
    }),
    ...workerOptions(env),
  });
  const running = worker.run();
  return {
    async run(form, account) {
      const order = orderFor(account);
      await client.workflow.execute(form, {
        taskQueue,
        workflowId: `bench/${form}/${order.generation}`,
        args: form === 'empty' ? [] : [order],
      });
    },
    async close() {
      worker.shutdown();
      await running;
      await Promise.all([native.close(), connection.close(), db.$disconnect()]);
    },
  };
}

const orderFor = (account: string): Order => ({
  ...orderOf(emailDraft, { account, id: randomUUID(), input: { to: 'ok@sandbox.test', goal: 'Answer at once' } }),
  indexed: true,
});
