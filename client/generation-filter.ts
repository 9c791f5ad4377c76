import { z } from 'zod';
import { Metadata } from '../ledger/attribution';
import { type GenerationFilter, LISTED_STATUSES } from '../ledger/generation-list';
import { valid } from '../valid';

const Filter = z.strictObject({
  status: z.enum(LISTED_STATUSES, `must be one of ${LISTED_STATUSES.join(', ')}`).optional(),
  kind: z.string().optional(),
  user: z.string().optional(),
  campaign: z.string().optional(),
  metadata: Metadata.optional(),
  limit: z.int().min(1).max(1_000).optional(),
  cursor: z.int().min(0).optional(),
  from: z.date().optional(),
  to: z.date().optional(),
});

/** The filter, checked. Throws INVALID_INPUT with a sentence for each field that is wrong. */
export const parseGenerationFilter = (filter: GenerationFilter = {}): GenerationFilter => valid(Filter, filter);
