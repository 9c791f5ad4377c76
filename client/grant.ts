import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { MakegoodError } from '../errors';
import { GrantAmount } from '../ledger/amounts';
import { grant } from '../ledger/credits';
import { asOperatorError, LedgerRefusal } from '../ledger/failures';
import { AccountId } from '../ledger/ids';
import { storableText } from '../ledger/text';
import { valid } from '../valid';
import type { Context } from './context';

/** Credits for an account. With a `key`, asking twice grants once. */
export interface GrantRequest {
  readonly account: string;
  readonly credits: number;
  readonly key?: string;
  /** For the customer's feed; at most 200 characters. */
  readonly reason?: string;
}

export interface Granted {
  readonly account: string;
  readonly granted: number;
  readonly balance: number;
  readonly held: number;
}

const Request = z.object({
  account: AccountId,
  credits: GrantAmount,
  key: storableText(200).min(1).optional(),
  reason: storableText(200).min(1).optional(),
});

/** SQLSTATE check_violation. */
const CHECK_VIOLATION = '23514';

/**
 * Adds credits; the first grant creates the account. Throws INVALID_INPUT, GRANT_CONFLICT, BALANCE_LIMIT, ACCOUNT_ERASED,
 * OPERATOR_NEEDED.
 */
export async function grantCredits(ctx: Pick<Context, 'operator'>, request: GrantRequest): Promise<Granted> {
  const { account, credits, key = randomUUID(), reason = null } = valid(Request, request);
  try {
    const granted = await grant(ctx.operator, account, credits, key, reason);
    if (granted.outcome === 'account_erased') throw new MakegoodError('ACCOUNT_ERASED');
    if (granted.outcome === 'conflict') throw new MakegoodError('GRANT_CONFLICT');
    return { account, granted: credits, balance: granted.balance, held: granted.held };
  } catch (error) {
    throw asBalanceLimit(asOperatorError(error));
  }
}

/** All else has been checked before: the account's sum would no longer be an exact number in JSON. */
export const asBalanceLimit = (error: unknown): unknown =>
  error instanceof LedgerRefusal && error.sqlState === CHECK_VIOLATION ? new MakegoodError('BALANCE_LIMIT') : error;
