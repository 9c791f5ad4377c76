// Who may do what in our schema, all of it. `migrate` sets it exactly, and nothing else gives a right.

/**
 * Whom there is beside the owner. Each is a role without login, named after the schema (`makegood_worker`), which
 * `migrate --grant` gives to logins:
 * - `worker` moves credits, but never mints any;
 * - `server` reads, and lets visitors of the usage page in;
 * - `operator` grants and adjusts credits, erases, and makes API keys;
 * - `auditor` reads everything but secrets, and writes down what it found.
 */
export const ROLES = ['worker', 'server', 'operator', 'auditor'] as const;
export type Role = (typeof ROLES)[number];

export const roleName = (schema: string, role: Role) => `${schema}_${role}`;

const INTERNAL: readonly Role[] = [];
/** Whoever may check the books: the worker does so every few minutes. */
const AUDITS: readonly Role[] = ['worker', 'auditor'];

/** Who may call each function. One that is in no row is the owner's alone, and fails a test. */
export const CALLS: Readonly<Record<string, readonly Role[]>> = {
  reserve: ['worker'],
  settle: ['worker'],
  refund: ['worker'],
  move: ['worker'],
  sweep: ['worker'],
  register_namespace: ['worker'],
  record_attempt: ['worker'],
  use_session: ['server'],
  grant_credits: ['operator'],
  adjust: ['operator'],
  erase_generations: ['operator'],
  erase_account: ['operator'],
  pseudonymise_generations: ['operator'],
  pseudonymise_account: ['operator'],
  // By age alone, a day at least: who takes over a worker can forget, but neither mint nor hide.
  expire_outputs: ['worker'],
  create_key: ['operator'],
  revoke_key: ['operator'],
  acknowledge: ['operator'],
  record_audit: AUDITS,
  add_marks: AUDITS,
  confirm_marks: AUDITS,

  // The form of an argument: whoever passes one checks it.
  metadata_is_sound: ['worker'],

  // What reads are made of.
  last_seq_before: ROLES,
  rest_after: ROLES,
  keyed_hash: ROLES,
  entry_digest: AUDITS,
  chain: AUDITS,
  chain_step: AUDITS,
  content_of_reserve: AUDITS,
  content_of_settle: AUDITS,
  content_of_refund: AUDITS,
  content_of_grant: AUDITS,

  // What the functions above are made of, and the triggers.
  append_entry: INTERNAL,
  close_runs: INTERNAL,
  erase_texts: INTERNAL,
  erased_text: INTERNAL,
  expect_arguments: INTERNAL,
  expect_read_committed: INTERNAL,
  generation_is_sound: INTERNAL,
  give_back: INTERNAL,
  is_pseudonym: INTERNAL,
  keyed: INTERNAL,
  ledger_entry_is_sound: INTERNAL,
  lock_account: INTERNAL,
  new_pseudonym: INTERNAL,
  newest_reservation: INTERNAL,
  number_run: INTERNAL,
  refuse_all_but_erasure: INTERNAL,
  refuse_change: INTERNAL,
  rename_in_audits: INTERNAL,
  rename_marks: INTERNAL,
  reservation_is_sound: INTERNAL,
};

/** Who may read each table. Nobody but the owner writes one. */
export const READS: Readonly<Record<string, readonly Role[]>> = {
  _prisma_migrations: ROLES,
  temporal_namespace: ROLES,
  account: ROLES,
  generation: ROLES,
  generation_run: ROLES,
  generation_attempt: ROLES,
  reservation: ROLES,
  hold: ROLES,
  ledger_entry: ROLES,
  audit_run: ROLES,
  audit_acknowledgement: ROLES,
  audit_mark: AUDITS,
  audit_mark_pending: AUDITS,
  used_link: ['auditor'],
  api_key: ['server', 'operator', 'auditor'],
  // The key under which inputs are hashed: `keyed_hash` uses it.
  installation: INTERNAL,
};

/** Columns that only these of the readers of their table may read. */
export const SECRETS: Readonly<
  Record<string, { readonly columns: readonly string[]; readonly readers: readonly Role[] }>
> = {
  api_key: { columns: ['key_hash'], readers: ['server', 'operator'] },
};
