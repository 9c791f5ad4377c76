import { z } from 'zod';
import type { FeedKind } from '../../ledger/feed';
import { isStorable } from '../../ledger/text';
import { addDays, dayOf, isDay, startOf } from './days';

/** What the customer asks to see; all of it is in the page's address, so that a view can be kept and shared. */
export interface Query {
  readonly kind: KindFilter;
  /** Days, inclusive; null: without bound. */
  readonly from: string | null;
  readonly to: string | null;
  readonly id: string | null;
  /** In the product's own words: for whom and for what it was asked; and the kind of work. */
  readonly user: string | null;
  readonly campaign: string | null;
  readonly work: string | null;
  /** Entries older than this one: the next page. */
  readonly before: number | undefined;
  /** This entry and newer ones: what the script asks for, of the rows that it shows. */
  readonly since: number | undefined;
  readonly limit: number;
}

export type KindFilter = 'all' | 'charges' | 'refunds' | 'grants';

export const KINDS_OF: Record<KindFilter, readonly FeedKind[]> = {
  all: ['RESERVE', 'REFUND', 'GRANT', 'ADJUST'],
  charges: ['RESERVE'],
  refunds: ['REFUND'],
  grants: ['GRANT', 'ADJUST'],
};

/** A month of entries is what a customer comes for, and bounds what the sums must read. */
const DEFAULT_DAYS = 30;
/** Some screens full. The script asks for more when more are shown, so that it can freshen them all at once. */
const PAGE = 50;
const MOST = 500;

/** A text to look for; none where it can't be one. */
const Text = z.string().trim().max(128).refine(isStorable).catch('');
const Seq = z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional().catch(undefined);

// A mistyped filter is as good as none: the page says which one it has used.
const Params = z.object({
  kind: z.enum(['all', 'charges', 'refunds', 'grants']).catch('all'),
  from: z
    .union([z.literal(''), z.string().refine(isDay)])
    .optional()
    .catch(undefined),
  to: z
    .union([z.literal(''), z.string().refine(isDay)])
    .optional()
    .catch(undefined),
  id: Text,
  user: Text,
  campaign: Text,
  work: Text,
  before: Seq,
  since: Seq,
  limit: z.coerce.number().int().min(1).max(MOST).catch(PAGE),
});

export function parseQuery(params: Record<string, string>, now: Date, timeZone: string): Query {
  const { kind, from, to, id, user, campaign, work, before, since, limit } = Params.parse(params);
  return {
    kind,
    from: from === undefined ? addDays(dayOf(now, timeZone), 1 - DEFAULT_DAYS) : from || null,
    to: to || null,
    id: id || null,
    user: user || null,
    campaign: campaign || null,
    work: work || null,
    before,
    since,
    limit,
  };
}

/** The moments of the query's days. */
export const periodOf = ({ from, to }: Query, timeZone: string) => ({
  ...(from === null ? {} : { from: startOf(from, timeZone) }),
  ...(to === null ? {} : { to: startOf(addDays(to, 1), timeZone) }),
});

/** Which generations it is about; none of them where it is about all. */
export const selectionOf = ({ id, user, campaign, work }: Query) => ({
  generation: id ?? undefined,
  user: user ?? undefined,
  campaign: campaign ?? undefined,
  work: work ?? undefined,
});

/** The address of this view with some of it changed; always from the newest entry on, unless `before` is given. */
export function addressOf(query: Query, change: Partial<Query> = {}, path = '/usage'): string {
  const { kind, from, to, id, user, campaign, work, before } = { ...query, before: undefined, ...change };
  const params = new URLSearchParams();
  if (kind !== 'all') params.set('kind', kind);
  params.set('from', from ?? '');
  if (to !== null) params.set('to', to);
  for (const [name, value] of Object.entries({ id, user, campaign, work })) if (value !== null) params.set(name, value);
  if (before !== undefined) params.set('before', String(before));
  return `${path}?${params}`;
}
