import type { Findings } from './findings';
import type { Snapshot } from './snapshot';

export const HELD = 'held too long';

interface Held {
  readonly account: string;
  readonly generation: string;
  readonly message: string;
}

/** Credits that are held for longer than all the attempts of a generation take: a fault somewhere, or nobody sweeps. */
export async function heldTooLong(tx: Snapshot, limitMs: number, findings: Findings): Promise<void> {
  const found = await tx.$queryRawUnsafe<Held[]>(
    `SELECT r.account_id AS account, r.generation_id AS generation,
            format('%s credits are held since %s', amount, r.reserved_at) AS message
       FROM hold JOIN reservation AS r USING (account_id, generation_id, ordinal)
      WHERE state = 'RESERVED' AND r.reserved_at < now() - $1::float8 * interval '1 millisecond' ORDER BY 1, 2`,
    limitMs,
  );
  findings.add(HELD, await tx.hold.count(), found);
}
