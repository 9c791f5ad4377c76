import { z } from 'zod';
import { storableText } from './text';

/** As many and as long as Stripe takes them, so that the same pairs fit both. */
const PAIRS = 16;

const name = storableText(128).min(1, 'must not be empty');

/** Pairs of a product's own: keys of 1 to 40 characters, values of at most 500. */
export const Metadata = z
  .record(storableText(40).min(1, 'a key must not be empty'), storableText(500))
  .refine((pairs) => Object.keys(pairs).length <= PAIRS, `must be at most ${PAIRS} pairs`);

/**
 * For whom and for what a generation was asked, in the product's own words: usage is told apart by it. It decides
 * nothing, and is personal data: it is erased with the generation.
 */
export interface Attribution {
  readonly user?: string | undefined;
  readonly campaign?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}
export const Attribution = z.object({
  user: name.optional(),
  campaign: name.optional(),
  metadata: Metadata.optional(),
});

/** The same as it is told: null, and no pairs, where nothing was said or all has been erased. */
export interface Attributed {
  readonly user: string | null;
  readonly campaign: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

export const UNATTRIBUTED: Attributed = { user: null, campaign: null, metadata: {} };

interface Row {
  readonly user: string | null;
  readonly campaign: string | null;
  readonly metadata: unknown;
}

/** Of a row of the generations; the database has no other metadata than pairs of texts. */
export const attributedOf = ({ user, campaign, metadata }: Row): Attributed => ({
  user,
  campaign,
  metadata: (metadata ?? {}) as Record<string, string>,
});

/** What was said of it, and nothing that was not. */
export function said({ user, campaign, metadata = {} }: Attribution): Attribution {
  return {
    ...(user === undefined ? {} : { user }),
    ...(campaign === undefined ? {} : { campaign }),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
  };
}
