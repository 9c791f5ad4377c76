import { Prisma } from '../../prisma/client/client';
import type { Database } from '../database';
import { asLedgerError, asOperatorError } from '../failures';
import type { Discrepancy } from './report';

export interface Known {
  readonly by: string;
  readonly reason: string;
}

/** Those of the discrepancies that somebody has acknowledged, by their names. */
export async function acknowledgementsOf(
  db: Database,
  discrepancies: readonly Discrepancy[],
): Promise<Map<string, Known>> {
  const names = discrepancies.map(({ name }) => name);
  if (names.length === 0) return new Map();
  const rows = await db.$queryRaw<(Known & { name: string })[]>`
    SELECT name, by, reason FROM ${db.schema}.audit_acknowledgement WHERE name IN (${Prisma.join(names)})`.catch(
    (error) => {
      throw asLedgerError(error);
    },
  );
  return new Map(rows.map(({ name, by, reason }) => [name, { by, reason }]));
}

/** Only operators may. The first acknowledgement of a name stays. Throws OPERATOR_NEEDED. */
export async function acknowledge(operator: Database, name: string, { by, reason }: Known): Promise<void> {
  await operator.$queryRaw`SELECT ${operator.schema}.acknowledge(${name}, ${by}, ${reason})::text`.catch((error) => {
    throw asOperatorError(error);
  });
}
