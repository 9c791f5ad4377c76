import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { Pool } from 'pg';
import { orderOf } from '../client/order';
import { workflowIdOf } from '../temporal/workflow-id';
import type { paidWork } from '../workflows/paid-work';
import { type Environment, email, fund } from './environment';
import type { SystemUnderTest } from './faults';
import type { plainSaga } from './plain-saga/workflow';
import { startWorkerProcess } from './worker-process';

/** A generation of Makegood's, on a task queue of its own. */
export async function makegoodSystem(environment: Environment): Promise<SystemUnderTest> {
  const { makegood, startWorker } = environment.queue();
  const { temporal, taskQueue } = makegood.context;
  const account = await fund(makegood);
  const to = (ms: number) => email(`slow-${ms}ms+${account}`);
  let address = '';
  let order = orderOf(makegood.context, { account, id: 'g', ...to(0) });
  const handle = () => temporal.workflow.getHandle(workflowIdOf(order.account, order.generation));
  return {
    startWorker,
    async start(draftMs, limitMs) {
      order = orderOf(makegood.context, { account, id: 'g', ...to(draftMs) });
      address = to(draftMs).input.to;
      if (limitMs === undefined) await makegood.submit({ account, id: 'g', ...to(draftMs) });
      else {
        // Makegood itself sets no such limit; somebody else's code, or an operator's command, may.
        await temporal.workflow.start<typeof paidWork>('paidWork', {
          taskQueue,
          workflowId: workflowIdOf(order.account, order.generation),
          workflowExecutionTimeout: limitMs,
          args: [order],
        });
      }
    },
    asked: () => environment.stack.sandbox?.requests({ to: address }).count ?? 0,
    cancel: () => makegood.cancel(account, 'g'),
    terminate: async () => void (await handle().terminate('chaos')),
    async money() {
      const { record } = await makegood.describe(account, 'g');
      if (record?.status === 'SUCCEEDED') return 'charged';
      return record?.status === 'REFUNDED' ? 'given back' : 'held';
    },
  };
}

const PLAIN_WORKER = join(__dirname, 'plain-saga/worker.js');

/** The same work as a plain saga, on the same servers. */
export function plainSystem(environment: Environment, temporal: Client, pool: Pool): SystemUnderTest {
  const id = `plain-${randomUUID()}`;
  const env = { ...environment.stack.env, PLAIN_SAGA_TASK_QUEUE: id };
  let address = '';
  return {
    startWorker: () => startWorkerProcess([PLAIN_WORKER], env),
    async start(draftMs, limitMs) {
      address = `slow-${draftMs}ms+${id}@sandbox.test`;
      await temporal.workflow.start<typeof plainSaga>('plainSaga', {
        taskQueue: id,
        workflowId: id,
        args: [id, address],
        ...(limitMs === undefined ? {} : { workflowExecutionTimeout: limitMs }),
      });
    },
    asked: () => environment.stack.sandbox?.requests({ to: address }).count ?? 0,
    cancel: async () => void (await temporal.workflow.getHandle(id).cancel()),
    terminate: async () => void (await temporal.workflow.getHandle(id).terminate('chaos')),
    async money() {
      const { rows } = await pool.query<{ state: string }>('SELECT state FROM plain_saga WHERE id = $1', [id]);
      if (rows[0]?.state === 'SETTLED') return 'charged';
      return rows[0]?.state === 'REFUNDED' ? 'given back' : 'held';
    },
  };
}
