import type { Client } from '@temporalio/client';

/** The UUID of the client's namespace: names repeat from server to server. Asked anew each time. */
export async function namespaceId(temporal: Client): Promise<string> {
  const { namespaceInfo } = await temporal.workflowService.describeNamespace({ namespace: temporal.options.namespace });
  if (!namespaceInfo?.id) throw new Error('Temporal did not return the id of its namespace');
  return namespaceInfo.id;
}
