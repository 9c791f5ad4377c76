/** One thing that is always so. `sql` answers (account, generation, seq, message) for each row where it is not. */
export interface Check {
  readonly name: string;
  /** The table whose rows it looks at, all of them. */
  readonly over: 'account' | 'generation' | 'reservation' | 'ledger_entry';
  readonly sql: string;
  /** Of $3 and so on; the first two are the slice. */
  readonly values?: readonly unknown[];
}
