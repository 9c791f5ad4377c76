import { z } from '@hono/zod-openapi';
import { AdjustmentAmount, GrantAmount } from '../ledger/amounts';
import { Attribution, Metadata } from '../ledger/attribution';
import { LISTED_STATUSES } from '../ledger/generation-list';
import { AccountId, GenerationId } from '../ledger/ids';
import { storableText } from '../ledger/text';

// What goes over the wire. Amounts are whole credits, moments are ISO 8601 in UTC.

const accountId = AccountId.meta({ examples: ['acme'] });
const generationId = GenerationId.meta({ examples: ['welcome-ada'] });
export const accountParam = z.object({ id: accountId });
export const generationParam = z.object({ id: generationId });
export const ofAccount = z.object({ account: accountId });

const amount = z.int().min(0);
const moment = z.iso.datetime();

/** As long as a connection may wait without a word; what takes longer is asked for again. */
const MAX_WAIT_SECONDS = 60;
export const Waiting = z.object({
  wait: z.coerce.number('a number of seconds').min(0).max(MAX_WAIT_SECONDS).default(0).openapi({
    type: 'number',
    minimum: 0,
    maximum: MAX_WAIT_SECONDS,
    default: 0,
    description: 'How many seconds to wait for the end',
  }),
});

/** As a structured header has it, and as everybody writes it. */
const unquoted = (text: string) => text.replace(/^"(.*)"$/, '$1');
const key = z.string().transform(unquoted).optional().openapi({ minLength: 1, maxLength: 200 });
export const IdempotencyKey = z.object({
  'idempotency-key': z
    .string()
    .transform(unquoted)
    .optional()
    .openapi({
      pattern: `${z.toJSONSchema(GenerationId).pattern}`,
      description: 'The id of the generation, where the body has none',
    }),
});
export const AdjustmentKey = z.object({
  'idempotency-key': z
    .string('is needed: the same key twice adjusts once')
    .transform(unquoted)
    .openapi({ minLength: 1, maxLength: 200, description: 'The same key twice adjusts once; 1 to 200 characters' }),
});
export const GrantKey = z.object({
  'idempotency-key': key.meta({ description: 'The same key twice grants once; 1 to 200 characters' }),
});

export const RetryKeyHeader = z.object({
  'idempotency-key': key.meta({
    description:
      'Instead of `after`, for this generation alone: the same key twice is charged once; 1 to 200 characters',
  }),
});

/** What every start has, whatever its kind; `kind` and `input` are in `kind-schemas.ts`. */
export const startFields = { account: accountId, id: generationId.optional(), ...Attribution.shape };

export const GrantBody = z
  .strictObject({ credits: GrantAmount, reason: storableText(200).min(1).optional() })
  .openapi('Grant');

export const AdjustmentBody = z
  .strictObject({ credits: AdjustmentAmount.meta({ not: { const: 0 } }), reason: storableText(200).min(1) })
  .openapi('Adjustment', { description: 'Negative credits are taken off.' });

export const EraseBody = z
  .strictObject({ pseudonymise: z.boolean().optional() })
  .openapi('Erase', { description: '`pseudonymise` replaces the ids too, for good, by random ones.' });

/** Checked by whoever makes the link. */
const ReturnUrl = z
  .string()
  .max(2000)
  .regex(/^https?:\/\/[!-~]+$/, 'must be an http or https URL of at most 2000 characters, with others percent-encoded')
  .openapi({ format: 'uri', example: 'https://example.com/billing' });
export const SessionBody = z

  .strictObject({ account: accountId, returnUrl: ReturnUrl.optional() })
  .openapi('NewUsageSession');

export const UsageSession = z.object({ url: z.string(), expiresAt: moment }).openapi('UsageSession');

export const Account = z.object({ account: z.string(), balance: amount, held: amount }).openapi('Account');
export const Granted = z
  .object({ account: z.string(), granted: amount, balance: amount, held: amount })
  .openapi('Granted');

export const Adjusted = z
  .object({ account: z.string(), adjusted: z.int(), balance: amount, held: amount })
  .openapi('Adjusted');
export const Erased = z
  .object({
    account: z.string().meta({ description: 'The id to find it by from now on' }),
    generation: z.string().nullable(),
    generations: amount.meta({ description: 'How many generations were erased' }),
    histories: amount.meta({ description: 'How many workflow histories Temporal was asked to delete' }),
  })
  .openapi('Erased');

const Attributed = z.object({
  user: z.string().nullable().meta({ description: 'For whom it was asked, in the product’s own words' }),
  campaign: z.string().nullable().meta({ description: 'And for what' }),
  metadata: z.record(z.string(), z.string()).meta({ description: 'Pairs of the product’s own' }),
});

const Reservation = z
  .object({
    ordinal: z.int().min(1),
    amount,
    state: z.enum(['RESERVED', 'SETTLED', 'REFUNDED']),
    cost: amount.nullable().meta({ description: 'What a settled one was charged: at most the amount' }),
    reason: z.string().nullable(),
    message: z.string().nullable().meta({ description: 'What the customer reads about a refund' }),
    reservedAt: moment,
    closedAt: moment.nullable(),
    retryKey: z.string().nullable().meta({ description: 'The Idempotency-Key of the retry, if it had one' }),
  })
  .openapi('Reservation', { description: 'Credits held once; a generation refunded and retried has several.' });

const FailedAttempt = z
  .object({
    ordinal: z.int().meta({ description: 'The reservation that it was made for' }),
    step: z.string().meta({ description: 'Of the work; the kind’s own name where it has one step only' }),
    number: z.int().min(1).meta({ description: 'Within its step' }),
    run: z.string(),
    at: moment,
    reason: z.string(),
    message: z.string(),
    providerStatus: z.int().nullable(),
  })
  .openapi('FailedAttempt');

const Workflow = z
  .object({ id: z.string(), runId: z.string().nullable(), status: z.string(), url: z.string().nullable() })
  .openapi('Workflow', { description: 'Where an operator finds out more. `url` leads to Temporal’s Web UI.' });

export const Generation = z
  .object({
    account: z.string(),
    id: z.string(),
    kind: z.string().nullable(),
    label: z.string().nullable(),
    status: z.enum(['pending', 'held', 'succeeded', 'refunded', 'cancelled', 'rejected']),
    output: z.unknown().nonoptional().openapi('GenerationOutput'),
    reason: z.string().nullable().meta({ description: 'Why there is no draft: a stable code' }),
    message: z.string().nullable().meta({ description: 'The same for the customer' }),
    charged: amount,
    refunded: amount,
    attempts: z.int().min(0).meta({ description: 'How often the work was tried for the newest charge' }),
    failedAttempts: z.array(FailedAttempt),
    reservations: z.array(Reservation),
    createdAt: moment.nullable(),
    erasedAt: moment
      .nullable()
      .meta({ description: 'When its texts were erased: label and output are null from then on' }),
    balance: amount.nullable().meta({ description: 'Of the account, now' }),
    held: amount.nullable().meta({ description: 'Of the account, now' }),
    ...Attributed.shape,
    workflow: Workflow.optional().meta({ description: 'With an admin key only' }),
  })
  .openapi('Generation');
export type Generation = z.infer<typeof Generation>;

/** A generation of a list: what it delivered, and how it was tried, is told of each alone. */
const ListedGeneration = Generation.pick({
  ...{ account: true, id: true, label: true, reason: true, message: true, charged: true, refunded: true },
  ...{ user: true, campaign: true, metadata: true, erasedAt: true },
})
  .extend({ kind: z.string(), status: z.enum(LISTED_STATUSES), createdAt: moment })
  .openapi('ListedGeneration');
export const GenerationPage = z
  .object({
    generations: z.array(ListedGeneration).meta({ description: 'Newest first' }),
    next: z.int().nullable().meta({ description: 'The cursor of the next, older page; null on the last' }),
  })
  .openapi('GenerationPage');

const ENTRY_KINDS = ['GRANT', 'RESERVE', 'SETTLE', 'REFUND', 'ADJUST'] as const;
const EntryKind = z.enum(ENTRY_KINDS, `must be some of ${ENTRY_KINDS.join(',')}, separated by commas`);

export const UsageEntry = z
  .object({
    seq: z.int().min(1).meta({ description: 'Without gaps within the account' }),
    at: moment,
    kind: EntryKind,
    amount: z.int().meta({ description: 'The change of the balance' }),
    held: z.int().meta({ description: 'The change in what is held' }),
    balance: amount.meta({ description: 'The balance afterwards' }),
    cost: amount.nullable().meta({
      description: 'Of a RESERVE and its SETTLE: what the charge came to, once it is settled; at most what was held',
    }),
    generation: z.string().nullable(),
    label: z.string().nullable(),
    ...Attributed.shape,
    reason: z.string().nullable(),
    message: z.string().nullable(),
  })
  .openapi('UsageEntry');

export const UsagePage = z
  .object({
    entries: z.array(UsageEntry).meta({ description: 'Newest first' }),
    next: z.int().nullable().meta({ description: 'The cursor of the next, older page; null on the last' }),
  })
  .openapi('UsagePage');

const limit = z.coerce
  .number('a whole number')
  .int()
  .min(1)
  .max(1000)
  .default(50)
  .openapi({ type: 'integer', minimum: 1, maximum: 1000, default: 50 });
const seq = z.coerce
  .number('a whole number')
  .int()
  .min(0)
  .max(Number.MAX_SAFE_INTEGER)
  .openapi({ type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

/** The years that Postgres knows without an era. */
const askedMoment = z.iso.datetime({ offset: true }).refine((text) => {
  const year = new Date(text).getUTCFullYear();
  return year >= 1 && year <= 9999;
}, 'must be in the years 0001 to 9999');

/** `metadata=team:sales`: pairs of one colon, which a key may not have where it is asked for so. */
const pairs = z
  .union([z.string(), z.array(z.string())])
  .transform((given) => [given].flat().map((pair) => pair.split(/:(.*)/s).slice(0, 2)))
  .refine((split) => split.every((pair) => pair.length === 2), 'must be key:value')
  .transform((split) => Object.fromEntries(split) as Record<string, string>)
  .pipe(Metadata)
  .optional()
  .openapi({
    type: 'array',
    maxItems: 16,
    items: { type: 'string', pattern: '^[^:\\u0000]{1,40}:[^\\u0000]{0,500}$' },
    example: ['team:sales'],
    description: 'Only those with this pair, `key:value`; several times for several',
  });
const Attributes = z.object({
  user: Attribution.shape.user.meta({ description: 'Only those that were asked for this user' }),
  campaign: Attribution.shape.campaign.meta({ description: 'Only those of this campaign' }),
  metadata: pairs,
});

export const UsageFilter = z.object({
  kind: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(EntryKind).min(1))
    .optional()
    .openapi({
      type: 'string',
      pattern: `^(${ENTRY_KINDS.join('|')})(,(${ENTRY_KINDS.join('|')}))*$`,
      example: 'GRANT,REFUND',
      description: 'Only these kinds, separated by commas',
    }),
  generation: generationId.optional(),
  work: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be the name of a kind of work')
    .optional()
    .meta({ description: 'Only of this kind of work', example: 'email-draft' }),
  ...Attributes.shape,
  from: askedMoment.optional().meta({ description: 'Entries from this moment on' }),
  to: askedMoment.optional().meta({ description: 'Entries before this moment' }),
});
export type UsageFilter = z.infer<typeof UsageFilter>;

/** The moments of a period that was asked for; those that were not are without bound. */
export const momentsOf = ({ from, to }: Pick<UsageFilter, 'from' | 'to'>) => ({
  from: from === undefined ? undefined : new Date(from),
  to: to === undefined ? undefined : new Date(to),
});

export const Statement = z
  .object({
    account: z.string(),
    opening: amount.meta({ description: 'The balance when the period began' }),
    granted: amount,
    refunded: amount,
    charged: amount.meta({ description: 'What charges cost, and all that is still held' }),
    closing: amount.meta({ description: 'The balance when it ended' }),
    balance: amount.meta({ description: 'Of the account, now' }),
    held: amount.meta({ description: 'Of the account, now' }),
    selected: z
      .object({ charged: amount, refunded: amount, spent: amount })
      .nullable()
      .meta({ description: 'Of the generations that the filter names alone; null without one' }),
  })
  .openapi('Statement', { description: '`opening + granted + refunded - charged = closing`, always.' });
export const StatementQuery = UsageFilter.omit({ kind: true });

export const UsageQuery = UsageFilter.extend({
  limit,
  cursor: seq.min(1).openapi({ minimum: 1 }).optional().meta({ description: 'The `next` of the previous page' }),
});

/**
 * A schema would be that of the whole stream, which nobody waits for, and OpenAPI 3.1 has none for an event: the
 * description says what each carries.
 */
export const EventStream = z.any();

export const GenerationsQuery = UsageQuery.omit({ generation: true, work: true }).extend({
  account: accountId,
  status: z.enum(LISTED_STATUSES).optional().meta({ description: 'Only what has come to this' }),
  kind: UsageFilter.shape.work,
  from: askedMoment.optional().meta({ description: 'First held from this moment on' }),
  to: askedMoment.optional().meta({ description: 'First held before this moment' }),
});

export const StreamQuery = z.object({
  after: seq.optional().meta({ description: 'Entries newer than this `seq`; without it, only new ones' }),
});
export const LastEventId = z.object({
  'last-event-id': seq
    .optional()
    .meta({ description: 'The `id` of the last event received: the stream continues from there' }),
});
