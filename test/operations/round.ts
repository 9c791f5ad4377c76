import { type SweepContext, sweep } from '../../activities/sweep';
import type { Makegood } from '../../client/makegood';
import { namespaceId } from '../../client/namespace';

/** A round of the sweep, of the test's own: it leaves out nothing for its youth. */
export async function round(of: Makegood, extra: Partial<SweepContext> = {}) {
  const { db, temporal } = of.context;
  const namespace = await namespaceId(temporal);
  return sweep({ db, temporal, namespace, graceMs: 0, heldLimitMs: 600_000, ...extra });
}
