import { createHash } from 'node:crypto';
import { z } from 'zod';
import { MakegoodError } from '../errors';
import { type InputOf, KINDS, type Kind, type KindName } from '../kinds';
import { Attribution, said } from '../ledger/attribution';
import { AccountId, GenerationId } from '../ledger/ids';
import { clip } from '../ledger/text';
import type { Order } from '../workflows/order';
import type { Context } from './context';
import { valid } from './valid';

/**
 * What a backend asks for. The id makes it idempotent: asked for twice, it is made and charged once. Its attribution is no
 * part of what is asked for: of two under one id, the first stands.
 */
export interface GenerationRequest<K extends KindName = KindName> extends Attribution {
  readonly account: string;
  readonly id: string;
  readonly kind: K;
  readonly input: InputOf<K>;
}

/** As long as the label's column. */
const LABEL_LENGTH = 200;

const ids = z.object({ account: AccountId, id: GenerationId });

/** The ids, checked. Throws INVALID_INPUT. */
export function parseIds(account: string, id: string): { account: AccountId; id: GenerationId } {
  return valid(ids, { account, id });
}

export function parseAccount(account: string): AccountId {
  return valid(AccountId, account);
}

/** The request, checked and priced. Throws INVALID_INPUT with a sentence for each field that is wrong. */
export function orderOf(ctx: Context, request: GenerationRequest): Order {
  const { account, id } = parseIds(request.account, request.id);
  if (!Object.hasOwn(KINDS, request.kind)) {
    throw new MakegoodError('INVALID_INPUT', `kind: must be one of ${Object.keys(KINDS).join(', ')}`);
  }
  const kind = KINDS[request.kind] as Kind;
  const input = valid(kind.input, request.input);
  return {
    account,
    generation: id,
    kind: request.kind,
    label: clip(kind.label(input), LABEL_LENGTH),
    price: ctx.prices[request.kind],
    inputHash: hashOf(request.kind, input),
    input,
    ...said(valid(Attribution, request)),
    ...(ctx.policy === undefined ? {} : { policy: ctx.policy }),
  };
}

/** Equal inputs, equal hash: parsing has put the fields into the schema's order. */
export function hashOf(kind: string, input: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify([kind, input]))
    .digest('hex');
}
