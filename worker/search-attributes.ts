import type { Client } from '@temporalio/client';
import { temporal as proto } from '@temporalio/proto';
import { missingSearchAttributes, SEARCH_ATTRIBUTES } from '../temporal/search-attributes';

/** Registers what is missing. Where that is not allowed it says how, and the workflows run without them. */
export async function registerSearchAttributes(temporal: Client, warn: (line: string) => void): Promise<void> {
  const { namespace } = temporal.options;
  try {
    const missing = await missingSearchAttributes(temporal);
    if (missing.length === 0) return;
    const KEYWORD = proto.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD;
    await temporal.connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map((name) => [name, KEYWORD])),
    });
  } catch (error) {
    const names = SEARCH_ATTRIBUTES.map((name) => `--name ${name} --type Keyword`).join(' ');
    warn(
      `The search attributes can't be registered (${(error as Error).message}). For filters in Temporal's Web UI run: ` +
        `temporal operator search-attribute create --namespace ${namespace} ${names}`,
    );
  }
}
