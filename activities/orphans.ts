import { sweepAccount } from '../ledger/credits';
import type { Database } from '../ledger/database';
import { type OpenReservation, openReservations } from '../ledger/open-reservations';
import { reason } from '../ledger/reasons';

/**
 * Refunds what a Temporal namespace that is lost for good has left held: every run of it is closed, so that nothing
 * of it can still charge. Only for a namespace of which somebody knows that it will not come back.
 */
export async function refundOrphans(
  db: Database,
  lostNamespace: string,
  refunded: (held: OpenReservation) => void = () => {},
): Promise<{ refunded: number; credits: number }> {
  const sum = { refunded: 0, credits: 0 };
  for await (const page of openReservations(db, lostNamespace, 0)) {
    for (const held of page) {
      const { generation, holder } = held;
      const dead = { generation, holder, newest: null, reason: reason('WORKFLOW_LOST') };
      const [given] = await sweepAccount(db, held.account, lostNamespace, [dead]);
      if (given?.outcome !== 'refunded') continue;
      sum.refunded++;
      sum.credits += given.amount;
      refunded(held);
    }
  }
  return sum;
}
