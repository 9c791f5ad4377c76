// Faults that the database itself forbids, one or more for each check of the audit.

/** A fault, made by the owner; `$account` is the test's. */
export interface Poison {
  readonly check: string;
  readonly by: string;
  /** What the audit names beside the check and the account. */
  readonly names: { generation?: string; seq?: number };
  /** Other checks that see the same fault. */
  readonly also?: readonly string[];
}

const entry = (columns: string) =>
  `INSERT INTO ledger_entry (account_id, seq, kind, balance_delta, held_delta, balance_after, reservation_id, generation_id,
                             grant_key, reason, message) SELECT $account, ${columns}`;
const account = (change: string) => `UPDATE account SET ${change} WHERE id = $account`;
const entryAt = (seq: number, change: string) =>
  `UPDATE ledger_entry SET ${change} WHERE account_id = $account AND seq = ${seq}`;
const reservation = (generation: string, change: string) =>
  `UPDATE reservation SET ${change} WHERE account_id = $account AND generation_id = '${generation}'`;
const generation = (id: string, change: string) =>
  `UPDATE generation SET ${change} WHERE account_id = $account AND id = '${id}'`;

// Entries of a sound account: 1 GRANT, 2 RESERVE paid, 3 RESERVE back, 4 RESERVE open, 5 SETTLE paid, 6 REFUND back.
export const POISONS: readonly Poison[] = [
  { check: 'balance is the sum of entries', by: account('balance = balance + 1'), names: {} },
  {
    check: 'held is the sum of entries',
    by: account('held = held + 1'),
    names: {},
    also: ['held is the sum of open reservations'],
  },
  { check: 'last number is that of the last entry', by: account('last_seq = 9'), names: { seq: 6 } },
  {
    check: 'entries are numbered without gaps',
    by: `${entryAt(6, 'seq = 7')}; ${account('last_seq = 7')}`,
    names: { seq: 7, generation: 'back' },
  },
  {
    check: 'balances follow from one another',
    by: entryAt(6, 'balance_after = 99'),
    names: { seq: 6, generation: 'back' },
  },
  {
    check: 'changes of an entry fit its kind',
    by: `${entryAt(5, 'balance_delta = -1, balance_after = balance_after - 1')};
         ${entryAt(6, 'balance_after = balance_after - 1')}; ${account('balance = balance - 1')}`,
    names: { seq: 5, generation: 'paid' },
  },
  {
    check: 'entries have their account',
    by: 'DELETE FROM account WHERE id = $account',
    names: { seq: 1 },
    also: ['generations have their account'],
  },
  {
    check: 'entries have their reservation',
    by: entryAt(6, `generation_id = 'paid'`),
    names: { seq: 6, generation: 'paid' },
  },
  {
    check: 'held is the sum of open reservations',
    by: reservation('open', `amount = 4`),
    names: {},
    also: ['entries move what their reservation holds'],
  },
  {
    check: 'reservations have the entries of their state',
    by: `DELETE FROM ledger_entry WHERE account_id = $account AND seq = 6; ${account('last_seq = 5, balance = balance - 3, held = held + 3')}`,
    names: { seq: 3, generation: 'back' },
    also: ['held is the sum of open reservations'],
  },
  {
    check: 'reservations have the entries of their state',
    by: `${entry(`7, 'REFUND', 3, -3, 7, id, generation_id, NULL, 'X', 'x' FROM reservation WHERE account_id = $account AND generation_id = 'paid'`)};
         ${account('last_seq = 7, balance = balance + 3, held = held - 3')}`,
    names: { seq: 7, generation: 'paid' },
    also: ['refunds tell why', 'held is the sum of open reservations'],
  },
  {
    check: 'entries move what their reservation holds',
    by: `${entryAt(6, 'balance_delta = 4, held_delta = -4, balance_after = balance_after + 1')}; ${account('balance = balance + 1, held = held - 1')}`,
    names: { seq: 6, generation: 'back' },
    also: ['held is the sum of open reservations'],
  },
  { check: 'refunds tell why', by: entryAt(6, `reason = 'ANOTHER'`), names: { seq: 6, generation: 'back' } },
  { check: 'refunds tell why', by: entryAt(6, 'message = NULL'), names: { seq: 6, generation: 'back' } },
  {
    check: 'reservations have their generation',
    by: `DELETE FROM generation WHERE account_id = $account AND id = 'back'`,
    names: { generation: 'back' },
  },
  {
    check: 'generations have one active reservation at most',
    by: `INSERT INTO reservation (account_id, generation_id, ordinal, execution_id, amount, state, namespace, closed_at)
         VALUES ($account, 'paid', 2, 't2', 0, 'SETTLED', 'n', now())`,
    names: { generation: 'paid' },
    also: ['reservations have the entries of their state'],
  },
  {
    check: 'reservations are numbered without gaps',
    by: reservation('back', 'ordinal = 2'),
    names: { generation: 'back' },
  },
  {
    check: 'generations stand where their newest reservation does',
    by: generation('back', `status = 'RESERVED'`),
    names: { generation: 'back' },
  },
  {
    check: 'drafts are stored exactly when charged',
    by: generation('paid', 'draft = NULL'),
    names: { generation: 'paid' },
  },
  {
    check: 'drafts are stored exactly when charged',
    by: generation('open', `draft = '{}'`),
    names: { generation: 'open' },
  },
  {
    check: 'generations have their account',
    by: `UPDATE generation SET account_id = account_id || '-lost' WHERE account_id = $account AND id = 'back';
         UPDATE generation SET account_id = $account || '-lost', id = 'other' WHERE account_id = $account || '-lost'`,
    names: { generation: 'other' },
    also: ['generations stand where their newest reservation does'],
  },
  {
    check: 'held too long',
    by: reservation('open', `reserved_at = now() - interval '11 minutes'`),
    names: { generation: 'open' },
  },
];
