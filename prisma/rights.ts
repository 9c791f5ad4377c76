// Who may do what in our schema, all of it. `migrate` sets it exactly, and nothing else gives a right.

/**
 * Whom there is beside the owner. Each is a role without login, named after the schema (`makegood_worker`), which
 * `migrate --grant` gives to logins:
 * - `worker` moves credits, but never mints any;
 * - `server` reads, and lets visitors of the usage page in;
 * - `operator` grants credits and makes API keys;
 * - `auditor` reads everything but secrets, and writes down what it found.
 */
export const ROLES = ['worker', 'server', 'operator', 'auditor'] as const;
export type Role = (typeof ROLES)[number];

export const roleName = (schema: string, role: Role) => `${schema}_${role}`;

/** What only the owner calls: the triggers, and what the other functions are made of. */
const INTERNAL: readonly Role[] = [];

/** Who may call each function. One that is in no row is the owner's alone, and fails a test. */
export const CALLS: Readonly<Record<string, readonly Role[]>> = {
  reserve: ['worker'],
  settle: ['worker'],
  refund: ['worker'],
  record_attempt: ['worker'],
  record_audit: ['worker', 'auditor'],
  use_session: ['server'],
  grant_credits: ['operator'],
  create_key: ['operator'],
  revoke_key: ['operator'],

  append_entry: INTERNAL,
  close_settled: INTERNAL,
  is_closed_run: INTERNAL,
  ledger_entry_append_only: INTERNAL,
  open_reservation: INTERNAL,
};

/** Who may read each table. Nobody but the owner writes one. */
export const READS: Readonly<Record<string, readonly Role[]>> = {
  _prisma_migrations: ROLES,
  account: ROLES,
  generation: ROLES,
  reservation: ROLES,
  closed_run: ROLES,
  ledger_entry: ROLES,
  generation_attempt: ROLES,
  audit_run: ROLES,
  used_link: ['auditor'],
  api_key: ['server', 'operator', 'auditor'],
};

/** Columns that only these of the readers of their table may read. */
export const SECRETS: Readonly<
  Record<string, { readonly columns: readonly string[]; readonly readers: readonly Role[] }>
> = {
  api_key: { columns: ['key_hash'], readers: ['server', 'operator'] },
};
