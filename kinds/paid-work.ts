import { z } from 'zod';
import { MakegoodError } from '../errors';
import type { FailureReasons } from '../ledger/reasons';
import { type Tries, type TriesOptions, triesOf } from './tries';

// biome-ignore lint/suspicious/noExplicitAny: any object, of whatever schema.
export type AnyOutput = z.ZodType<Record<string, any>>;

/** What is sold, as its product defines it. */
export interface PaidWorkDefinition<I extends z.ZodType, O extends AnyOutput> {
  /** Its name, in the database, the API and the command line: 1 to 64 letters, digits and `. _ -`. Never renamed. */
  readonly kind: string;
  /** What a customer asks for. Travels as JSON. */
  readonly input: I;
  /** What a customer pays for: anything else counts as a failed attempt. An object that is JSON. */
  readonly output: O;
  /**
   * Credits: a whole number, or a function of the input. The most that it can cost: held before the work begins, and
   * taken once, at the start.
   */
  readonly price: number | ((input: z.output<I>) => number);
  /** One line for people, in the customer's feed; cut at 200 characters. */
  readonly label: (input: z.output<I>) => string;
  readonly tries?: TriesOptions;
  /** Reasons of its own, by their codes (`PAGE_BEHIND_LOGIN`), and other sentences for the built-in ones. */
  readonly reasons?: FailureReasons;
  /** Where its workers listen, if not where the client's other work goes. */
  readonly taskQueue?: string;
}

/** One kind of paid work. Made by `definePaidWork`. */
export interface PaidWork<I extends z.ZodType = z.ZodType, O extends AnyOutput = AnyOutput> {
  readonly kind: string;
  readonly input: I;
  readonly output: O;
  price(input: z.output<I>): number;
  label(input: z.output<I>): string;
  readonly tries: Tries;
  readonly reasons: FailureReasons;
  readonly taskQueue?: string;
}

/** What a caller gives, what the work receives, and what it delivers. */
export type InputOf<W extends PaidWork> = z.input<W['input']>;
export type ParsedInputOf<W extends PaidWork> = z.output<W['input']>;
export type OutputOf<W extends PaidWork> = z.output<W['output']>;

const Code = z.string().regex(/^[A-Z][A-Z0-9_]{0,63}$/, 'must be written like PAGE_BEHIND_LOGIN');
const Sentence = z.custom(
  (value) => typeof value === 'function' || (typeof value === 'string' && value.trim() !== '' && value.length <= 500),
  'must be a sentence of at most 500 characters, or a function that makes one',
);
const Definition = z.strictObject({
  kind: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be 1 to 64 letters, digits and . _ -'),
  input: z.instanceof(z.ZodType, { error: 'must be a Zod schema' }),
  output: z.instanceof(z.ZodType, { error: 'must be a Zod schema' }),
  price: z.union(
    [z.number(), z.custom((value) => typeof value === 'function')],
    'must be a number of credits or a function',
  ),
  label: z.custom((value) => typeof value === 'function', 'must be a function of the input'),
  tries: z.unknown().optional(),
  reasons: z.record(Code, z.strictObject({ sentence: Sentence, final: z.boolean().optional() })).optional(),
  taskQueue: z.string().min(1).max(1000).optional(),
});

/** A kind of paid work: all there is to it but the work itself. Throws INVALID_SETTING, naming what is wrong. */
export function definePaidWork<I extends z.ZodType, O extends AnyOutput>(
  definition: PaidWorkDefinition<I, O>,
): PaidWork<I, O> {
  const { error } = Definition.safeParse(definition);
  if (error) {
    const faults = error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
    throw new MakegoodError('INVALID_SETTING', `definePaidWork: ${faults.join('; ')}.`);
  }
  const { kind, input, output, price, label, tries, reasons = {}, taskQueue } = definition;
  return {
    kind,
    input,
    output,
    price: priceOf(kind, price),
    label,
    tries: triesOf(tries),
    reasons,
    ...(taskQueue === undefined ? {} : { taskQueue }),
  };
}

/** A trillion credits: as much as one reservation takes. */
const HIGHEST_PRICE = 1_000_000_000_000;

/** What the input costs at most. A fixed price is checked here, one of a function whenever it is asked for. Throws INVALID_SETTING. */
export function priceOf<Input>(kind: string, price: number | ((input: Input) => number)): (input: Input) => number {
  if (typeof price === 'number') checkedPrice(kind, price);
  return (input) => checkedPrice(kind, typeof price === 'number' ? price : price(input));
}

/** Throws INVALID_SETTING for what is no whole number from 0. */
function checkedPrice(kind: string, price: number): number {
  if (Number.isSafeInteger(price) && price >= 0 && price <= HIGHEST_PRICE) return price;
  throw new MakegoodError('INVALID_SETTING', `The price of ${kind} must be a whole number from 0, not ${price}.`);
}
