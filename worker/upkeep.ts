import type { Client } from '@temporalio/client';
import type { Logger } from '@temporalio/common';
import { expectSameNamespace } from '../activities/sweep-page';
import { MakegoodError } from '../errors';
import { ensureUpkeep } from './ensure-upkeep';
import { every } from './every';
import { type LedgerGauges, ledgerGauges } from './ledger-gauges';

export interface UpkeepContext extends LedgerGauges {
  readonly temporal: Client;
  readonly taskQueue: string;
  readonly logger: Logger;
}

/** How soon a sweep that an operator has ended is back, and how old a gauge can be. A few requests each time. */
const INTERVAL_MS = 15_000;

/**
 * What every worker looks after while it lives: that the sweep and the audit are at work, that its gauges are fresh, and that the
 * Temporal it works for is still the one it was started with. If not, `fatal` is called: what it reserved from now
 * on would carry the wrong namespace.
 */
export function startUpkeep(ctx: UpkeepContext, fatal: (error: MakegoodError) => void): { stop(): Promise<void> } {
  const showLedger = ledgerGauges(ctx);
  const attempt = async (what: string, task: () => Promise<void>) => {
    try {
      await task();
    } catch (error) {
      ctx.logger.warn(what, { error });
      if (error instanceof MakegoodError && error.code === 'TEMPORAL_REPLACED') fatal(error);
    }
  };
  return every(INTERVAL_MS, async () => {
    await attempt('the sweep could not be looked after', async () => {
      await expectSameNamespace(ctx);
      await ensureUpkeep(ctx.temporal, ctx.taskQueue);
    });
    await attempt('the gauges could not be read', showLedger);
  });
}
