import type { GenerationDescription, WorkflowState } from '../client/describe';
import { type Ended, endOf, sums } from '../client/progress';
import { GenerationConflict, InsufficientCredits, MakegoodError } from '../errors';
import { readBalance } from '../ledger/accounts';
import { attributedOf, UNATTRIBUTED } from '../ledger/attribution';
import { readable } from '../ledger/encryption';
import { type GenerationRecord, readGeneration } from '../ledger/generations';
import type { AccountId, GenerationId } from '../ledger/ids';
import type { ServerContext } from './context';
import type { Generation } from './schemas';

/** How long Temporal has to tell of a workflow: the ledger's part of the answer should not wait for long. */
const DESCRIBE_MS = 1_000;

/**
 * A generation as the API shows it. Answered by the ledger; Temporal is asked only for an operator, and for what the
 * ledger has not heard of: started and not yet held, or turned away, or retried. `justRead` is what the caller has read
 * of it, where nothing has been waited for since. Throws UNKNOWN_GENERATION, TEMPORAL_UNREACHABLE.
 */
export async function lookUp(
  { makegood }: Pick<ServerContext, 'makegood'>,
  account: AccountId,
  id: GenerationId,
  operator: boolean,
  justRead?: GenerationRecord,
): Promise<Generation> {
  const { db, temporal } = makegood.context;
  const reading = justRead ?? (operator ? undefined : readGeneration(db, account, id)); // Below, an operator's is read.
  const [record, balance] = await Promise.all([reading, readBalance(db, account)]);
  const now = { balance: balance?.balance ?? null, held: balance?.held ?? null };
  // A refunded one may have a retry that waits for its hold.
  if (record && record.status !== 'REFUNDED' && !operator) return { ...ofRecord(record), ...now };

  const described = await temporal.connection.withDeadline(Date.now() + DESCRIBE_MS, () =>
    makegood.describe(account, id),
  );
  const found = described.record ?? record;
  const base = found ? ofRecord(found, described.record ? described.end : endOf(found)) : withoutRecord(described);
  return { ...base, ...now, ...(operator ? { workflow: ofWorkflow(described.workflow) } : {}) };
}

/** Started, and nothing more is known: it runs as soon as a worker, or the database, is there. */
export const pending = (account: string, id: string): Generation => ({
  account,
  id,
  kind: null,
  label: null,
  status: 'pending',
  output: null,
  reason: null,
  message: null,
  charged: 0,
  refunded: 0,
  attempts: 0,
  failedAttempts: [],
  reservations: [],
  createdAt: null,
  erasedAt: null,
  ...UNATTRIBUTED,
  balance: null,
  held: null,
});

/** The error of a generation that was turned away after it had been answered as pending. */
export async function rejection(
  { makegood }: Pick<ServerContext, 'makegood'>,
  account: AccountId,
  price: number,
  reason: string,
  message: string,
): Promise<MakegoodError> {
  if (reason === 'GENERATION_CONFLICT') return new GenerationConflict();
  if (reason === 'UNKNOWN_ACCOUNT' || reason === 'ACCOUNT_ERASED' || reason === 'GENERATION_ERASED') {
    return new MakegoodError(reason);
  }
  if (reason !== 'INSUFFICIENT_CREDITS') return new MakegoodError('INTERNAL_ERROR', message);
  const balance = await readBalance(makegood.context.db, account);
  return new InsufficientCredits(balance?.balance ?? 0, price);
}

function ofRecord(
  record: GenerationRecord,
  ended: Ended | null | undefined = endOf(record),
): Omit<Generation, 'balance' | 'held'> {
  const { account, id, kind, label, createdAt, erasedAt } = record;
  return {
    account,
    id,
    kind,
    label,
    status: ended?.status ?? (record.status === 'RESERVED' ? 'held' : 'pending'),
    output: readable(record.output) ?? null,
    ...(ended && ended.status !== 'succeeded'
      ? { reason: ended.reason, message: ended.message }
      : { reason: null, message: null }),
    ...sums(record),
    failedAttempts: record.attempts.map(({ at, ...attempt }) => ({ ...attempt, at: at.toISOString() })),
    reservations: record.reservations.map(({ reservedAt, closedAt, ...reservation }) => ({
      ...reservation,
      reservedAt: reservedAt.toISOString(),
      closedAt: closedAt?.toISOString() ?? null,
    })),
    createdAt: createdAt.toISOString(),
    erasedAt: erasedAt?.toISOString() ?? null,
    ...attributedOf(record),
  };
}

/** The ledger has not heard of it: it waits, was turned away, or was stopped before the hold. */
function withoutRecord({ account, id, end }: GenerationDescription): Generation {
  if (!end || end.status === 'succeeded') return pending(account, id);
  const { status, reason, message } = end;
  return { ...pending(account, id), status, reason, message };
}

const ofWorkflow = ({ workflowId, runId, status, url }: WorkflowState) => ({ id: workflowId, runId, status, url });
