import { z } from 'zod';
import { MakegoodError } from '../errors';
import { AdjustmentAmount } from '../ledger/amounts';
import { adjust } from '../ledger/credits';
import { asOperatorError } from '../ledger/failures';
import { AccountId } from '../ledger/ids';
import { storableText } from '../ledger/text';
import { valid } from '../valid';
import type { Context } from './context';
import { asBalanceLimit } from './grant';

/** A correction of a balance by hand, up or down. With the same `key`, asking twice adjusts once. */
export interface AdjustRequest {
  readonly account: string;
  /** Negative takes off. */
  readonly credits: number;
  readonly key: string;
  /** For the customer's feed; at most 200 characters. */
  readonly reason: string;
}

export interface Adjusted {
  readonly account: string;
  readonly adjusted: number;
  readonly balance: number;
  readonly held: number;
}

const Request = z.object({
  account: AccountId,
  credits: AdjustmentAmount,
  key: storableText(200).min(1),
  reason: storableText(200).min(1),
});

/**
 * Corrects a balance; what is held stays held. Throws INVALID_INPUT, UNKNOWN_ACCOUNT, ACCOUNT_ERASED, ADJUSTMENT_CONFLICT,
 * BALANCE_LIMIT, OPERATOR_NEEDED, and INSUFFICIENT_CREDITS where it would go below zero.
 */
export async function adjustCredits(ctx: Pick<Context, 'operator'>, request: AdjustRequest): Promise<Adjusted> {
  const { account, credits, key, reason } = valid(Request, request);
  try {
    const answer = await adjust(ctx.operator, account, credits, key, reason);
    switch (answer.outcome) {
      case 'adjusted':
        return { account, adjusted: credits, balance: answer.balance, held: answer.held };
      case 'unknown_account':
        throw new MakegoodError('UNKNOWN_ACCOUNT');
      case 'account_erased':
        throw new MakegoodError('ACCOUNT_ERASED');
      case 'conflict':
        throw new MakegoodError('ADJUSTMENT_CONFLICT');
      case 'insufficient': {
        const { balance, price } = answer;
        const message = `The balance is ${balance}: ${price} can't be taken off. Nothing was changed.`;
        throw new MakegoodError('INSUFFICIENT_CREDITS', message, { balance, price });
      }
    }
  } catch (error) {
    throw asBalanceLimit(asOperatorError(error));
  }
}
