import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils';
import { z } from 'zod';
import { Attribution, said } from '../ledger/attribution';
import { AccountId, GenerationId } from '../ledger/ids';
import { clip } from '../ledger/text';
import { valid } from '../valid';
import type { Order } from '../workflows/order';
import type { InputOf, PaidWork } from './paid-work';

/**
 * What a backend asks for. The id makes it idempotent: asked for twice, it is made and charged once. Its attribution is no
 * part of what is asked for: of two under one id, the first stands.
 */
export interface WorkRequest<W extends PaidWork = PaidWork> extends Attribution {
  readonly account: string;
  readonly id: string;
  readonly input: InputOf<W>;
}

/** As long as the label's column. */
const LABEL_LENGTH = 200;

const Ids = z.object({ account: AccountId, id: GenerationId });

/** The ids, checked. Throws INVALID_INPUT. */
export const parseIds = (account: string, id: string): { account: AccountId; id: GenerationId } =>
  valid(Ids, { account, id });

export const parseAccount = (account: string): AccountId => valid(AccountId, account);

/** The request, checked and priced. Throws INVALID_INPUT with a sentence for each field that is wrong. */
export function orderOf(work: PaidWork, request: WorkRequest): Order {
  const { account, id } = parseIds(request.account, request.id);
  const input = valid(work.input, request.input);
  return {
    account,
    generation: id,
    kind: work.kind,
    label: clip(work.label(input), LABEL_LENGTH),
    price: work.price(input),
    inputHash: hashOf(work.kind, input),
    input,
    tries: work.tries,
    ...said(valid(Attribution, request)),
  };
}

/** Equal inputs, equal hash: parsing has put the fields into the schema's order. In workflows, too: no Node built-ins. */
export const hashOf = (kind: string, input: unknown): string =>
  bytesToHex(sha256(utf8ToBytes(JSON.stringify([kind, input]))));
