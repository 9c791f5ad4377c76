import { createHash } from 'node:crypto';

/** Something that must not be, with all that is needed to look it up. */
export interface Discrepancy {
  /** The same as long as it is the same: by it somebody acknowledges it. */
  readonly name: string;
  /** The name of the check. */
  readonly check: string;
  readonly account?: string;
  readonly generation?: string;
  /** The number of the entry within its account. */
  readonly seq?: number;
  readonly message: string;
}

/** A discrepancy that somebody has looked into. */
export interface Acknowledged extends Discrepancy {
  readonly by: string;
  readonly reason: string;
}

export interface AuditReport {
  /** Each check, and how many rows it has looked at. */
  readonly checked: readonly { readonly name: string; readonly rows: number }[];
  /** Empty when all is well. */
  readonly discrepancies: readonly Discrepancy[];
  /** What was found and somebody has acknowledged. */
  readonly acknowledged: readonly Acknowledged[];
  /** What could not be told, in sentences: no fault, but no proof either. */
  readonly unknown: readonly string[];
}

/** Twelve digits of a hash: short enough to type, and no two of a ledger's faults share them. */
const NAME_LENGTH = 12;

export function named(found: Omit<Discrepancy, 'name'>): Discrepancy {
  const { check, account = null, generation = null, seq = null, message } = found;
  const whole = JSON.stringify([check, account, generation, seq, message]);
  return { name: createHash('sha256').update(whole).digest('hex').slice(0, NAME_LENGTH), ...found };
}
