import type { Context } from '../client/context';
import { MakegoodError } from '../errors';
import { asLedgerError } from '../ledger/failures';
import { missingMigrations } from '../prisma/migrate';
import { asTemporalError } from '../temporal/reachable';

// Asked before a command does anything that lasts, so that what is missing is one clear line and nothing half done.

/** A server that is there answers in milliseconds; half of the patience of people. */
const PATIENCE_MS = 5_000;
/** gRPC's NOT_FOUND. */
const NOT_FOUND = 5;

/** Throws TEMPORAL_UNREACHABLE, or INVALID_SETTING where it has no such namespace. */
export async function reachTemporal({
  temporal,
  temporalAddress,
}: Pick<Context, 'temporal' | 'temporalAddress'>): Promise<void> {
  const { namespace } = temporal.options;
  const ask = async () => {
    await temporal.connection.ensureConnected();
    await temporal.workflowService.describeNamespace({ namespace });
  };
  try {
    await within(PATIENCE_MS, ask(), () => {
      const message = `Temporal is not reachable at ${temporalAddress}. Check TEMPORAL_ADDRESS.`;
      return new MakegoodError('TEMPORAL_UNREACHABLE', message);
    });
  } catch (error) {
    if ((error as { code?: unknown }).code === NOT_FOUND) {
      const message = `Temporal has no namespace "${namespace}". Check TEMPORAL_NAMESPACE.`;
      throw new MakegoodError('INVALID_SETTING', message, {}, { cause: error });
    }
    throw asTemporalError(error, temporalAddress);
  }
}

/** Throws POSTGRES_UNREACHABLE, MIGRATIONS_MISSING. */
export async function reachLedger({ db }: Pick<Context, 'db'>): Promise<void> {
  const missing = await missingMigrations(db).catch((error) => {
    throw asLedgerError(error);
  });
  if (missing.length > 0) throw new MakegoodError('MIGRATIONS_MISSING');
}

async function within<T>(ms: number, work: Promise<T>, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), ms);
  });
  return Promise.race([work, patience]).finally(() => clearTimeout(timer));
}
