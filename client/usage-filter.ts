import { z } from 'zod';
import { Metadata } from '../ledger/attribution';
import type { UsageFilter } from '../ledger/usage';
import { valid } from '../valid';

/** As the ledger numbers its entries. */
const seq = z.int().min(0);
const Filter = z.strictObject({
  limit: z.int().min(1).max(1_000).optional(),
  cursor: seq.optional(),
  after: seq.optional(),
  kinds: z.array(z.enum(['GRANT', 'RESERVE', 'SETTLE', 'REFUND', 'ADJUST'])).optional(),
  generation: z.string().optional(),
  work: z.string().optional(),
  user: z.string().optional(),
  campaign: z.string().optional(),
  metadata: Metadata.optional(),
  from: z.date().optional(),
  to: z.date().optional(),
});

/** The filter, checked. Throws INVALID_INPUT with a sentence for each field that is wrong. */
export const parseUsageFilter = (filter: UsageFilter = {}): UsageFilter => valid(Filter, filter) as UsageFilter;
