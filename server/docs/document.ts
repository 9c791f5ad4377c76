// The part of OpenAPI 3.1 that our document uses: https://spec.openapis.org/oas/v3.1.0

export interface Document {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

export interface Operation {
  readonly tags?: readonly string[];
  readonly summary?: string;
  readonly description?: string;
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
}

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: Schema;
}

export type Content = Readonly<Record<string, { readonly schema: Schema }>>;

export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly const?: unknown;
  readonly format?: string;
  readonly pattern?: string;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly default?: unknown;
}

export interface NamedOperation extends Operation {
  readonly method: string;
  readonly path: string;
  readonly anchor: string;
}

/** The operations by their tag, in the order in which the document has them. */
export function operationsByTag({ paths }: Document): ReadonlyMap<string, readonly NamedOperation[]> {
  const tags = new Map<string, NamedOperation[]>();
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const tag = operation.tags?.[0] ?? 'Other';
      const anchor = `${method}-${path.replace(/[^\w.]+/g, '-').replace(/^-|-$/g, '')}`;
      tags.set(tag, [...(tags.get(tag) ?? []), { ...operation, method: method.toUpperCase(), path, anchor }]);
    }
  }
  return tags;
}

/** The objects that a schema may be: one, or one of several; none for anything but objects. */
export const variantsOf = (schema: Schema): readonly Schema[] =>
  [schema, ...(schema.oneOf ?? schema.anyOf ?? [])].filter(({ properties }) => properties !== undefined);

export const nameOfRef = (ref: string) => ref.split('/').at(-1) ?? ref;

/** `string or null`, `list of UsageEntry`, … with what it may be. */
export function wordsOf(schema: Schema): string {
  if (schema.$ref) return nameOfRef(schema.$ref);
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return choices.map(wordsOf).join(' or ');
  if (schema.allOf) return schema.allOf.map(wordsOf).join(' and ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const types = [schema.type ?? []].flat();
  if (types.includes('array')) return `list of ${schema.items ? wordsOf(schema.items) : 'anything'}`;
  const base = schema.enum
    ? schema.enum.filter((value) => value !== null).join(' | ')
    : types.join(' or ') || 'anything';
  return [base, schema.format, limits(schema)].filter(Boolean).join(', ');
}

function limits({ minimum, maximum, maxLength, default: fallback }: Schema): string {
  const exact = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? undefined : maximum;
  return [
    minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER ? '' : `${minimum} or more`,
    exact === undefined ? '' : `${exact} at most`,
    maxLength === undefined ? '' : `at most ${maxLength} characters`,
    fallback === undefined ? '' : `default ${JSON.stringify(fallback)}`,
  ]
    .filter(Boolean)
    .join(', ');
}
