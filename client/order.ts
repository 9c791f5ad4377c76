import { MakegoodError } from '../errors';
import { orderOf as orderOfWork } from '../kinds/order';
import { type PaidWork, priceOf } from '../kinds/paid-work';
import { triesOf } from '../kinds/tries';
import type { Attribution } from '../ledger/attribution';
import type { Order } from '../workflows/order';
import type { Context } from './context';

export { parseAccount, parseIds } from '../kinds/order';

/** What a backend asks for, by the kind's name. */
export interface GenerationRequest extends Attribution {
  readonly account: string;
  readonly id: string;
  readonly kind: string;
  /** As the kind's schema takes it. */
  readonly input: unknown;
}

/** Throws INVALID_INPUT, naming those that there are. */
export function kindOf({ kinds }: Context, name: string): PaidWork {
  const kind = kinds.get(name);
  if (kind) return kind;
  const message = `must be one of ${[...kinds.keys()].join(', ')}`;
  throw new MakegoodError('INVALID_INPUT', `kind: ${message}.`, { fields: [{ field: 'kind', message }] });
}

/** The request, checked and priced. Throws INVALID_INPUT with a sentence for each field that is wrong. */
export const orderOf = (ctx: Context, request: GenerationRequest): Order =>
  orderOfWork(kindOf(ctx, request.kind), request);

/** The kinds by their names, with this client's own prices and tries. Throws INVALID_SETTING. */
export function kindsOf(
  kinds: readonly PaidWork[],
  { prices = {}, tries }: Pick<Partial<Overrides>, 'prices' | 'tries'>,
): ReadonlyMap<string, PaidWork> {
  const found = new Map<string, PaidWork>();
  for (const kind of kinds) {
    if (found.has(kind.kind)) throw new MakegoodError('INVALID_SETTING', `The kind ${kind.kind} is there twice.`);
    const price = prices[kind.kind];
    found.set(kind.kind, {
      ...kind,
      ...(tries === undefined ? {} : { tries: triesOf(tries, kind.tries) }),
      ...(price === undefined ? {} : { price: priceOf(kind.kind, price) }),
    });
  }
  const unknown = Object.keys(prices).find((kind) => !found.has(kind));
  if (unknown !== undefined)
    throw new MakegoodError('INVALID_SETTING', `There is a price of ${unknown}, which is no kind.`);
  return found;
}

// biome-ignore lint/suspicious/noExplicitAny: a function of its own kind's input.
type Price = number | ((input: any) => number);

/** What a client, or makegood.config, says otherwise than the kinds themselves. */
export interface Overrides {
  /** Credits, by the kind's name: whole numbers from 0, or functions of the input. */
  readonly prices: Readonly<Record<string, Price>>;
  readonly tries: Parameters<typeof triesOf>[0];
}
