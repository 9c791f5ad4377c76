import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { REQUEST_MS } from './connection';
import { WORKFLOW_ID_PREFIX } from './workflow-id';

/** The most that a server gives in one page. */
const PAGE = 1_000;
/** Five pages a second: half of what a cluster allows a namespace. */
const BETWEEN_PAGES_MS = 200;

/**
 * The workflow ids of generations that were closed since, in pages, and not by their own end: one that ends by itself
 * has made good, and has written down its outcome where `indexed`. Asks visibility, which is late by seconds on a busy
 * cluster, and names replaced runs too: ask for the newest run before you believe it. Throws where there is none.
 */
export async function* closedByOthers(temporal: Client, since: Date, indexed: boolean): AsyncGenerator<string[]> {
  const query = [
    `WorkflowId STARTS_WITH "${WORKFLOW_ID_PREFIX}"`,
    'ExecutionStatus IN ("Terminated", "TimedOut", "Failed", "Canceled")',
    `CloseTime >= "${since.toISOString()}"`,
    ...(indexed ? ['MakegoodOutcome IS NULL'] : []),
  ].join(' AND ');
  const { namespace } = temporal.options;
  for (let nextPageToken: Uint8Array = new Uint8Array(); ; await sleep(BETWEEN_PAGES_MS)) {
    const page = await temporal.connection.withDeadline(Date.now() + REQUEST_MS, () =>
      temporal.workflowService.listWorkflowExecutions({ namespace, query, pageSize: PAGE, nextPageToken }),
    );
    const ids = page.executions.flatMap(({ execution }) => execution?.workflowId ?? []);
    if (ids.length > 0) yield [...new Set(ids)];
    if (page.nextPageToken.length === 0) return;
    nextPageToken = page.nextPageToken;
  }
}
