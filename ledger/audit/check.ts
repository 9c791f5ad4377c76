/**
 * One thing that is always so. `sql` answers (account, generation, seq, message) for each row where it is not.
 *
 * It looks at the rows of one of the tables `seen_…`: those that this look is at. By the plain names it finds whole
 * tables, for what belongs to such a row: by primary key only, so that a look stays as small as what it looks at.
 */
export interface Check {
  readonly name: string;
  readonly over: Seen;
  readonly sql: string;
}

export type Seen = EntrySeen | GenerationSeen;
/** What a look at a piece of some accounts' entries sees: ./entries.ts. */
export type EntrySeen = 'account' | 'ledger_entry';
/** What a look at some generations sees: ./generations.ts. */
export type GenerationSeen = 'generation' | 'reservation' | 'hold' | 'generation_run' | 'generation_attempt';

/** The words for `seen_…`. */
export const seen = (over: Seen) => `seen_${over}`;
