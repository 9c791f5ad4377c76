import { z } from '@hono/zod-openapi';
import { RefundOrdinal } from '../client/retry-request';
import type { PaidWork } from '../kinds/paid-work';
import type { Schema } from './docs/document';
import { startFields } from './schemas';

// The schemas that depend on the kinds of work that a server offers. Each kind has components of its own (`email-draft`:
// StartEmailDraft, EmailDraftInput, EmailDraftOutput), so that generated clients have a class for each, whose name stays
// when another kind comes. A choice is written only where there is one: generators stumble over a `oneOf` of one.

/** What the schemas are made of. */
export type OfferedKind = Pick<PaidWork, 'kind' | 'input' | 'output'>;
type Kinds = readonly OfferedKind[];

/** `email-draft` → `EmailDraft`. */
const pascal = (kind: string) => kind.replace(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9]?)/g, (_, first) => first.toUpperCase());

const startName = (kind: string) => `Start${pascal(kind)}`;
const inputName = (kind: string) => `${pascal(kind)}Input`;
const outputName = (kind: string) => `${pascal(kind)}Output`;

/** The name of the only kind's component, or of the choice between all of them. */
const nameOf = (kinds: Kinds, name: (kind: string) => string, choice: string) =>
  kinds[0] && kinds.length === 1 ? name(kinds[0].kind) : choice;

/**
 * The bodies that are checked against the input of a kind. An input is checked and left as it came: the client checks
 * it once more, and what a schema has transformed it would not take again.
 */
export function kindBodies(kinds: Kinds) {
  const names = kinds.map(({ kind }) => kind);
  const StartBody = z
    .strictObject({
      ...startFields,
      kind: z.enum(names, `must be one of ${names.join(', ')}`),
      input: z.unknown(),
    })
    .superRefine((body, ctx) => {
      const checked = kinds.find(({ kind }) => kind === body.kind)?.input.safeParse(body.input);
      for (const { path, message } of checked?.error?.issues ?? []) {
        ctx.addIssue({ code: 'custom', path: ['input', ...path], message });
      }
    })
    .openapi(nameOf(kinds, startName, 'StartGeneration'));

  const RetryBody = z
    .strictObject({
      after: RefundOrdinal.optional().meta({
        description: 'The refund to follow, by the `ordinal` of its reservation: the same one twice is charged once',
      }),
      input: z
        .unknown()
        .openapi(nameOf(kinds, inputName, 'GenerationInput'))
        .optional(),
    })
    .openapi('RetryGeneration', { description: '`input` is needed only where Temporal no longer keeps it.' });

  return { StartBody, RetryBody };
}

/** The components of the OpenAPI document that say what each kind takes and delivers, in place of what stood for them. */
export function kindComponents(kinds: Kinds): Record<string, Schema> {
  const starts = Object.fromEntries(kinds.map(({ kind }) => [kind, refTo(startName(kind))]));
  const outputs = kinds.map(({ kind }) => refTo(outputName(kind)));
  const choices = {
    StartGeneration: {
      oneOf: Object.values(starts),
      discriminator: {
        propertyName: 'kind',
        mapping: Object.fromEntries(Object.entries(starts).map(([kind, { $ref }]) => [kind, $ref])),
      },
    },
    GenerationInput: { anyOf: kinds.map(({ kind }) => refTo(inputName(kind))) },
  };
  return {
    ...jsonSchemas(kinds, 'input', ({ kind, input }, add) => {
      add(inputName(kind), input);
      add(startName(kind), z.strictObject({ ...startFields, kind: z.literal(kind), input }));
    }),
    ...jsonSchemas(kinds, 'output', ({ kind, output }, add) => add(outputName(kind), output)),
    ...(kinds.length > 1 ? choices : {}),
    GenerationOutput: {
      description: 'What the kind of work delivers; null until it has succeeded, and once it has been erased.',
      anyOf: [...outputs, { type: 'null' }],
    },
  };
}

const refTo = (name: string) => ({ $ref: `#/components/schemas/${name}` });

/** By Zod itself, since a kind's schema may be anything: what JSON Schema can't say is left open, and checked all the same. */
function jsonSchemas(
  kinds: Kinds,
  io: 'input' | 'output',
  describe: (kind: OfferedKind, add: (name: string, schema: z.ZodType) => void) => void,
): Record<string, Schema> {
  const registry = z.registry<{ id: string }>();
  for (const kind of kinds) describe(kind, (id, schema) => registry.add(schema, { id }));
  const { schemas } = z.toJSONSchema(registry, { io, unrepresentable: 'any', uri: (id) => refTo(id).$ref });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { $schema, $id, ...schema }]) => [name, schema as Schema]),
  );
}
