import type { Client } from '@temporalio/client';
import { MAKEGOOD_ACCOUNT, MAKEGOOD_OUTCOME, MAKEGOOD_REFUND_REASON } from '../workflows/interface';
import { isUnreachable } from './reachable';

/** All three: a filter in the Web UI that knows the account but not the outcome would mislead. */
export const SEARCH_ATTRIBUTES = [MAKEGOOD_ACCOUNT, MAKEGOOD_OUTCOME, MAKEGOOD_REFUND_REASON].map(({ name }) => name);

/** How soon a client looks again for attributes that were missing. */
const LOOK_AGAIN_MS = 60_000;

/** The Makegood search attributes that the namespace does not have. */
export async function missingSearchAttributes(temporal: Client): Promise<string[]> {
  const { customAttributes } = await temporal.connection.operatorService.listSearchAttributes({
    namespace: temporal.options.namespace,
  });
  return SEARCH_ATTRIBUTES.filter((name) => !customAttributes?.[name]);
}

/** Whether workflows may name them, asked once and remembered. No, where the server will not tell; throws where it is away. */
export function indexedChecker(temporal: Client): () => Promise<boolean> {
  let known: { indexed: boolean; until: number } | undefined;
  return async () => {
    if (known && Date.now() < known.until) return known.indexed;
    const indexed = await missingSearchAttributes(temporal).then(
      (missing) => missing.length === 0,
      (error) => {
        if (isUnreachable(error)) throw error;
        return false;
      },
    );
    known = { indexed, until: indexed ? Number.POSITIVE_INFINITY : Date.now() + LOOK_AGAIN_MS };
    return indexed;
  };
}
