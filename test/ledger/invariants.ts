import type { AccountId } from '../../ledger/ids';
import { ownerSql } from '../harness';

export interface Snapshot {
  readonly balance: number;
  readonly held: number;
  readonly last_seq: number;
  /** Whether each entry's hash follows from the one before, up to the account's head. */
  readonly chained: boolean;
  readonly generations: readonly { id: string; status: string; output: unknown }[];
  readonly runs: readonly { generation_id: string; run_id: string; closed_at: string | null }[];
  readonly reservations: readonly Reservation[];
  readonly entries: readonly Entry[];
}

interface Reservation {
  readonly generation_id: string;
  readonly ordinal: number;
  readonly execution_id: string;
  readonly holder_run: string;
  readonly amount: number;
  readonly cost: number | null;
  readonly state: 'RESERVED' | 'SETTLED' | 'REFUNDED';
  readonly reason: string | null;
  readonly refunded_by: string | null;
}

interface Entry {
  readonly seq: number;
  readonly kind: string;
  readonly balance_delta: number;
  readonly held_delta: number;
  readonly balance_after: number;
  readonly generation_id: string | null;
  readonly ordinal: number | null;
}

/** All of an account, at one moment; nothing where there is no such account. */
export async function snapshotOf(account: AccountId): Promise<Snapshot | undefined> {
  const all = (table: string, order: string, column = 'account_id') =>
    `(SELECT coalesce(json_agg(t ORDER BY ${order}), '[]') FROM ${table} AS t WHERE ${column} = account.id)`;
  const { rows } = await ownerSql().query<Snapshot>({
    name: 'snapshot',
    text: `SELECT balance::int, held::int, last_seq::int, ${all('generation', 'id')} AS generations,
                  ${all('reservation', 'generation_id, ordinal')} AS reservations, ${all('ledger_entry', 'seq')} AS entries,
                  ${all('generation_run', 'generation_id, position')} AS runs,
                  (SELECT bool_and(hash = follows) AND (array_agg(hash ORDER BY seq DESC))[1] = head
                     FROM (SELECT seq, hash, chain(genesis, entry_digest(seq, at, kind, balance_delta, held_delta,
                             balance_after, ordinal, reason, content)) OVER (ORDER BY seq) AS follows
                             FROM ledger_entry WHERE account_id = account.id) AS entry) AS chained
             FROM account WHERE id = $1`,
    values: [account],
  });
  return rows[0];
}

/** What is always so, computed from the rows alone. Throws with the name of what is broken. */
export function assertInvariants(rows: Snapshot): void {
  const { balance, held, last_seq, chained, generations, reservations, entries } = rows;
  const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
  const hold = (what: string, so: boolean) => {
    if (!so) throw new Error(`broken: ${what}`);
  };
  hold('balance = sum of balance_delta', balance === sum(entries.map((entry) => entry.balance_delta)));
  hold('held = sum of held_delta', held === sum(entries.map((entry) => entry.held_delta)));
  const open = reservations.filter(({ state }) => state === 'RESERVED');
  hold('held = sum of open reservations', held === sum(open.map(({ amount }) => amount)));
  hold('nothing is negative', Math.min(balance, held, ...entries.map((entry) => entry.balance_after)) >= 0);
  hold('seq without gaps', entries.every(({ seq }, index) => seq === index + 1) && last_seq === entries.length);
  hold('the hash chain', chained);
  let before = 0;
  for (const entry of entries) {
    hold(`balance_after of entry ${entry.seq}`, entry.balance_after === before + entry.balance_delta);
    before = entry.balance_after;
  }

  for (const { id, status, output } of generations) {
    const own = reservations.filter(({ generation_id }) => generation_id === id);
    hold(`one active reservation of ${id} at most`, own.filter(({ state }) => state !== 'REFUNDED').length <= 1);
    hold(`${id} stands where its newest reservation does`, own.at(-1)?.state === STATE_OF[status]);
    hold(`${id} has a draft exactly when charged`, (output !== null) === (status === 'SUCCEEDED'));
  }
  for (const { ordinal, generation_id, amount, cost, state } of reservations) {
    const moves = entries.filter((entry) => entry.generation_id === generation_id && entry.ordinal === ordinal);
    const free = state === 'SETTLED' ? amount - (cost as number) : amount;
    hold(
      `the entries of reservation ${generation_id}#${ordinal}`,
      JSON.stringify(moves.map(({ kind, balance_delta, held_delta }) => [kind, balance_delta, held_delta])) ===
        JSON.stringify([
          ['RESERVE', -amount + 0, amount],
          ...(CLOSED_BY[state] ? [[CLOSED_BY[state], free, -amount + 0]] : []),
        ]),
    );
  }
}

const STATE_OF: Record<string, string> = { RESERVED: 'RESERVED', SUCCEEDED: 'SETTLED', REFUNDED: 'REFUNDED' };
const CLOSED_BY = { RESERVED: null, SETTLED: 'SETTLE', REFUNDED: 'REFUND' };
