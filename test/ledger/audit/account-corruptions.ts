import { account, type Corruption, OPEN_SUM } from './corruption';

/** Of what an account says of itself. */
export const ACCOUNT_CORRUPTIONS: readonly Corruption[] = [
  {
    what: 'a balance is raised',
    by: account('balance = balance + 1'),
    check: 'balance is the sum of entries',
  },
  {
    what: 'what is held is raised',
    by: account('held = held + 1'),
    check: 'held is the sum of entries',
    also: [OPEN_SUM],
  },
  {
    what: 'the count of entries is raised',
    by: account('last_seq = 9'),
    check: 'last number is that of the last entry',
  },
  {
    what: 'the head of the chain is another',
    by: account(`head = sha256('x')`),
    check: 'the head is the hash of the last entry',
  },
];
