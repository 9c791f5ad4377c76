import { temporal as proto } from '@temporalio/proto';
import type { Makegood } from '../../client/makegood';
import { listRuns } from '../../temporal/delete-runs';
import { ownerSql } from '.';

/** Which of these words stand anywhere in the ledger's tables, each row of each as text. */
export async function wordsInPostgres(words: readonly string[]): Promise<string[]> {
  const { rows: tables } = await ownerSql().query<{ name: string }>(
    `SELECT quote_ident(relname) AS name FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'`,
  );
  const found = new Set<string>();
  for (const { name } of tables) {
    const { rows } = await ownerSql().query<{ word: string }>(
      `SELECT word FROM unnest($1::text[]) AS word WHERE EXISTS (SELECT FROM ${name} AS t WHERE strpos(t::text, word) > 0)`,
      [words],
    );
    for (const { word } of rows) found.add(word);
  }
  return words.filter((word) => found.has(word));
}

const { WorkflowExecutionInfo } = proto.api.workflow.v1;
const { History } = proto.api.history.v1;

/** Which of these words stand in what Temporal lists and keeps of the workflows begun since then: memos, attributes, histories. */
export async function wordsInTemporal(
  { context: { temporal } }: Makegood,
  words: readonly string[],
  since: Date,
): Promise<string[]> {
  const { namespace } = temporal.options;
  const found = new Set<string>();
  const grep = (bytes: Uint8Array) => {
    for (const word of words) if (Buffer.from(bytes).includes(word)) found.add(word);
  };
  const query = `StartTime >= '${since.toISOString()}'`;
  const listed = await temporal.workflowService.listWorkflowExecutions({ namespace, query, pageSize: 1_000 });
  for (const info of listed.executions ?? []) grep(WorkflowExecutionInfo.encode(info).finish());
  for await (const page of listRuns(temporal, query)) {
    for (const { workflowId, runId } of page) {
      const { workflowService } = temporal;
      const execution = { workflowId, runId };
      const kept = await workflowService
        .getWorkflowExecutionHistory({ namespace, execution, maximumPageSize: 1_000 })
        .catch(() => undefined); // Deleted since it was listed.
      if (kept?.history) grep(History.encode(kept.history).finish());
    }
  }
  return words.filter((word) => found.has(word));
}
