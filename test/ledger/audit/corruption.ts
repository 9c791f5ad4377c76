// The words in which corruptions are written: what somebody who owns the database can do to it with triggers off.
//
// Entries of a sound account: 1 GRANT, 2 RESERVE paid, 3 RESERVE back, 4 RESERVE open, 5 SETTLE paid, 6 REFUND back.

/** A corruption; `$account` is the test's. */
export interface Corruption {
  readonly what: string;
  readonly by: string;
  readonly check: string;
  /** What the audit names beside the check and the account. */
  readonly names?: { readonly generation?: string; readonly seq?: number };
  /** Other checks that see the same. */
  readonly also?: readonly string[];
}

export const account = (change: string) => `UPDATE account SET ${change} WHERE id = $account`;
export const entry = (seq: number, change: string) =>
  `UPDATE ledger_entry SET ${change} WHERE account_id = $account AND seq = ${seq}`;
export const reservation = (generation: string, change: string) =>
  `UPDATE reservation SET ${change} WHERE account_id = $account AND generation_id = '${generation}'`;
export const generation = (id: string, change: string) =>
  `UPDATE generation SET ${change} WHERE account_id = $account AND id = '${id}'`;
export const removed = (table: string, where = 'true') =>
  `DELETE FROM ${table} WHERE account_id = $account AND ${where}`;

/** A copy of a row, with other values in some columns. */
export const copied = (table: string, values: string, where: string) =>
  `INSERT INTO ${table} SELECT (jsonb_populate_record(row, ${values})).* FROM ${table} AS row
    WHERE account_id = $account AND ${where}`;

export const CHAIN = 'the hash of each entry follows from the one before';
export const TEXTS = 'texts are those that were written';
export const OPEN_SUM = 'held is the sum of open reservations';
export const FUTURE = `now() + interval '2 hours'`;
