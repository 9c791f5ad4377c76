import { TEST_NAMESPACE } from '../harness/ledger';

export const who = { account: 'a', generation: 'g', run: 'r' };
export const why = { reason: 'CANCELLED', message: 'It was cancelled.' };
/** Of each function, arguments that it takes, in their order. */
export const VALID: Record<string, Record<string, unknown>> = {
  reserve: {
    ...{ account: 'a', generation: 'g', execution: 'e', run: 'r', proven: false, amount: 3, kind: 'email-draft' },
    ...{ label: 'A draft', inputHash: 'input', workflowId: 'w', namespace: TEST_NAMESPACE, after: 0, retryKey: null },
    ...{ user: 'ada', campaign: null, metadata: '{"team": "sales"}' },
  },
  settle: { ...who, generation: 'held', output: '{"subject": "Hello"}', cost: null },
  refund: { ...who, generation: 'held', proven: false, ...why },
  sweep: { account: 'a', namespace: TEST_NAMESPACE, holds: '[]' },
  move: { moves: '[]', wait: true },
  grant_credits: { account: 'b', amount: 1, key: 'k', note: null },
  adjust: { account: 'a', change: -1, key: 'k', message: 'A correction.' },
  register_namespace: { newNamespace: '11111111-1111-4111-8111-111111111111' },
  record_attempt: {
    ...{ ...who, generation: 'held', step: 'email-draft', number: 1, ...why, providerStatus: null },
    ...{ lostReason: 'WORKER_LOST', lostMessage: 'The worker was lost.' },
  },
  record_audit: { auditor: 'me', checked: '[]', discrepancies: '[]', unknown: '[]' },
  acknowledge: { discrepancy: '0123456789ab', by: 'Ada', because: 'It was a test.' },
  add_marks: { auditor: 'me', audit: TEST_NAMESPACE, marks: '[]' },
  confirm_marks: { auditor: 'me', lastAudit: TEST_NAMESPACE },
  erase_generations: { account: 'a', generations: '{}' },
  erase_account: { account: 'b', afterSeq: 0, limit: 1 },
  pseudonymise_generations: { account: 'a', generations: '{}' },
  pseudonymise_account: { account: 'b' },
  expire_outputs: { afterAccount: '', limit: 1 },
  create_key: { keyId: '0123456789abcdef', name: 'A key', scopes: '{read}', hash: `\\x${'00'.repeat(32)}` },
  revoke_key: { knownKey: '0123456789abcdef' },
  use_session: { nonce: 'n'.repeat(32), expiresAt: new Date(Date.now() + 60_000).toISOString() },
  keyed_hash: { anyHash: 'input' },
};

const long = (length: number) => 'x'.repeat(length + 1);
const id = (length: number) => [null, '', ' ', 'a b', '-a', 'a/b', 'ä', long(length)];
const wrongPairs = [
  { [long(40)]: 'v' },
  { k: long(500) },
  Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, 'v'])),
].map((pairs) => JSON.stringify(pairs));
const noArray = [null, 'null', '{}', '1', '"text"', 'true', '', '['];
export const hold = { generation: 'held', holder: 'r', newest: null, ...why };
const wrongHolds = [
  ...[{ generation: null }, { generation: 'a b' }, { holder: null }, { holder: '' }, { newest: '' }, { reason: null }],
  ...[{ reason: 'small' }, { message: null }, { message: '' }, { message: long(500) }],
].map((wrong) => JSON.stringify([{ ...hold, ...wrong }]));

/** Of each argument, what is none. */
export const WRONG: Record<string, readonly unknown[]> = {
  account: id(64),
  generation: id(128),
  execution: [null, '', long(64)],
  run: [null, '', long(64)],
  proven: [null, 'perhaps'],
  amount: [null, -1, 0.5, 'NaN', 'Infinity', 1_000_000_000_001, Number.MAX_SAFE_INTEGER, '9223372036854775808', 'many'],
  kind: id(64),
  label: [null, '', long(200)],
  inputHash: [null, '', long(128)],
  workflowId: [null, '', long(1000)],
  // The last is one that no worker sweeps.
  namespace: [null, '', 'default', '22222222-2222-4222-8222-222222222222'],
  newNamespace: [null, '', 'default'],
  after: [null, -1, 0.5, 2 ** 31],
  retryKey: ['', long(200)],
  output: [null, 'null', '[]', '"text"', '1', 'true', '', '{', '{"a": "\\u0000"}', '{"a": "\\ud800"}'],
  // The last is more than is held.
  cost: [-1, 0.5, 'NaN', 1_000_000_000_001, 4],
  reason: [null, '', 'small', 'A B', long(64).toUpperCase()],
  message: [null, '', long(500)],
  note: ['', long(500)],
  holds: [...noArray, '[1]', '[null]', '[[]]', '[{}]', ...wrongHolds],
  moves: [...noArray, '[1]', '[null]', '[[]]'],
  wait: [null, 'perhaps'],
  key: [null, '', long(200)],
  change: [null, 0, 0.5, 'NaN', 1_000_000_000_001, -1_000_000_000_001],
  user: ['', long(128)],
  campaign: ['', long(128)],
  metadata: ['{}', '[]', 'null', '"text"', '{"": "v"}', '{"k": 1}', '{"k": null}', '{"k": "\\u0000"}', ...wrongPairs],
  step: id(64),
  number: [null, 0, -1, 101, 200_000, 2 ** 31],
  providerStatus: [0, 99, 600, -1],
  lostReason: [null, '', 'small'],
  lostMessage: [null, '', long(500)],
  checked: noArray,
  discrepancies: noArray,
  unknown: noArray,
  keyId: [null, '', '0123456789ABCDEF', '0123456789abcde', '0123456789abcdef0'],
  name: [null, '', long(100)],
  scopes: [null, '{}', '{root}', '{read,root}', '{NULL}', 'read'],
  hash: [null, '', '\\x00', `\\x${'00'.repeat(33)}`],
  knownKey: [null],
  nonce: [null, '', 'n'.repeat(15), 'n'.repeat(65)],
  expiresAt: [null, '', 'infinity', new Date(Date.now() + 2 * 86_400_000).toISOString()],
  anyHash: ['', long(128)],
  auditor: [null, '', long(300)],
  discrepancy: [null, '', '0123456789AB', '0123456789abc'],
  by: [null, '', long(200)],
  because: [null, '', long(500)],
  audit: [null, '', 'me'],
  marks: [...noArray, '[1]', '[null]', '[{}]'],
  lastAudit: ['', 'me'],
  generations: [null, '{NULL}', 'g', `{${Array(1001).fill('g').join(',')}}`],
  afterSeq: [null, -1, 0.5],
  limit: [null, 0, -1, 1001],
  afterAccount: [null],
};
