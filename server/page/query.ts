import { z } from 'zod';
import { isStorable } from '../../ledger/text';
import type { EntryKind } from '../../ledger/usage';
import { addDays, dayOf, isDay, startOf } from './days';

/** What the customer asks to see; all of it is in the page's address, so that a view can be kept and shared. */
export interface Query {
  readonly kind: KindFilter;
  /** Days, inclusive; null: without bound. */
  readonly from: string | null;
  readonly to: string | null;
  readonly id: string | null;
  /** Entries older than this one: the next page. */
  readonly before: number | undefined;
  /** This entry and newer ones: what the script asks for, of the rows that it shows. */
  readonly since: number | undefined;
  readonly limit: number;
}

export type KindFilter = 'all' | 'charges' | 'refunds' | 'grants';

/** Which entries are lines of the feed. A SETTLE moves nothing that the customer can spend: its charge shows it. */
export const KINDS_OF: Record<KindFilter, readonly EntryKind[]> = {
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
  id: z.string().trim().max(128).refine(isStorable).catch(''),
  before: Seq,
  since: Seq,
  limit: z.coerce.number().int().min(1).max(MOST).catch(PAGE),
});

export function parseQuery(params: Record<string, string>, now: Date, timeZone: string): Query {
  const { kind, from, to, id, before, since, limit } = Params.parse(params);
  return {
    kind,
    from: from === undefined ? addDays(dayOf(now, timeZone), 1 - DEFAULT_DAYS) : from || null,
    to: to || null,
    id: id || null,
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

/** The address of this view with some of it changed; always from the newest entry on, unless `before` is given. */
export function addressOf(query: Query, change: Partial<Query> = {}, path = '/usage'): string {
  const { kind, from, to, id, before } = { ...query, before: undefined, ...change };
  const params = new URLSearchParams();
  if (kind !== 'all') params.set('kind', kind);
  params.set('from', from ?? '');
  if (to !== null) params.set('to', to);
  if (id !== null) params.set('id', id);
  if (before !== undefined) params.set('before', String(before));
  return `${path}?${params}`;
}
