/** Something that must not be, with all that is needed to look it up. */
export interface Discrepancy {
  /** The name of the check. */
  readonly check: string;
  readonly account?: string;
  readonly generation?: string;
  /** The number of the entry within its account. */
  readonly seq?: number;
  readonly message: string;
}

export interface AuditReport {
  /** Each check, and how many rows it has looked at. */
  readonly checked: readonly { readonly name: string; readonly rows: number }[];
  /** Empty when all is well. */
  readonly discrepancies: readonly Discrepancy[];
  /** What could not be told, in sentences: no fault, but no proof either. */
  readonly unknown: readonly string[];
}
