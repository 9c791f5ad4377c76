import type { Logger } from '@temporalio/common';
import type { Database } from '../ledger/database';
import { expireOutputs } from '../ledger/erasure';
import { every } from './every';

export interface ExpiryContext {
  readonly db: Database;
  readonly logger: Logger;
}

/** Little beside a retention of days, and a few looks at each account that has nothing to erase. */
const INTERVAL_MS = 3_600_000;

/** Erases what is older than its retention, now and every hour. Every worker does: what one has erased, another passes by. */
export function startExpiry({ db, logger }: ExpiryContext): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const rounds = every(INTERVAL_MS, async () => {
    try {
      const erased = await expireOutputs(db, stopping.signal);
      if (erased > 0) logger.info('erased what is older than its retention', { generations: erased });
    } catch (error) {
      logger.warn('what is older than its retention could not be erased', { error });
    }
  });
  return {
    async stop() {
      stopping.abort();
      await rounds.stop();
    },
  };
}
