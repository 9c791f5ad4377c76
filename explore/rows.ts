import { escapeLiteral } from 'pg';

// The rows of one account: how they are read and put back, and what is to be seen in them.

/** What the rules look at. */
export interface Books {
  readonly balance: number;
  readonly status: 'RESERVED' | 'SUCCEEDED' | 'REFUNDED' | null;
  /** The run whose output is stored. */
  readonly by: string | null;
  readonly closedRuns: readonly string[];
  /** In the order of their ordinals. */
  readonly reservations: readonly { state: 'RESERVED' | 'SETTLED' | 'REFUNDED'; execution: string; holder: string }[];
  /** What is wrong with the rows by themselves. */
  readonly broken: string | null;
}

const TABLES = ['account', 'generation', 'reservation', 'hold', 'ledger_entry', 'generation_run'] as const;

export interface Rows {
  readonly chained: boolean;
  readonly tables: {
    account: [{ balance: number; held: number; last_seq: number }];
    generation: { id: string; status: NonNullable<Books['status']>; output: { by: string } | null }[];
    reservation: {
      generation_id: string;
      ordinal: number;
      execution_id: string;
      holder_run: string;
      state: 'RESERVED' | 'SETTLED' | 'REFUNDED';
      amount: number;
      cost: number | null;
      refunded_by: string | null;
    }[];
    hold: { generation_id: string; ordinal: number }[];
    ledger_entry: { kind: string; balance_delta: number; held_delta: number }[];
    generation_run: { run_id: string; position: number; closed_at: string | null }[];
  };
}

const ORDER: Record<(typeof TABLES)[number], string> = {
  account: 'id',
  generation: 'id',
  reservation: 'generation_id, ordinal',
  hold: 'generation_id',
  ledger_entry: 'seq',
  generation_run: 'position, run_id',
};

export const READ_ROWS = `SELECT jsonb_build_object('tables', jsonb_build_object(${TABLES.map(
  (table) => `'${table}', (SELECT coalesce(jsonb_agg(to_jsonb(t) ORDER BY ${ORDER[table]}), '[]') FROM ${table} AS t)`,
).join(', ')}), 'chained', (
  SELECT bool_and(hash = chained) AND (array_agg(hash ORDER BY seq DESC))[1] = (SELECT head FROM account)
  FROM (SELECT seq, hash, chain((SELECT genesis FROM account), entry_digest(seq, at, kind, balance_delta, held_delta,
               balance_after, ordinal, reason, content)) OVER (ORDER BY seq) AS chained FROM ledger_entry) AS entry
)) AS read`;

/** Puts the rows, as JSON, where they were. */
export const restoreRows = (rows: string) => TABLES.map((table) => restoreTable(table, rows)).join(';');

function restoreTable(table: string, rows: string): string {
  const read = `jsonb_populate_recordset(NULL::${table}, ${escapeLiteral(rows)}::jsonb->'${table}')`;
  return `INSERT INTO ${table} SELECT * FROM ${read}`;
}

/** What can make a difference to any later call. Of runs only the order counts; of entries, that they add up. */
export function keyOf({ chained, tables }: Rows): string {
  const own = tables.reservation.filter(({ generation_id }) => generation_id === 'g');
  const newest = own.at(-1);
  return JSON.stringify([
    chained,
    tables.account.map(({ balance, held }) => [balance, held]),
    tables.generation.map(({ id, status, output }) => [id, status, output]),
    own.map(({ state, cost }) => [state, cost]),
    newest && [newest.execution_id, newest.holder_run, newest.refunded_by],
    tables.hold.map(({ generation_id, ordinal }) => [generation_id, ordinal]),
    tables.generation_run.map(({ run_id, closed_at }) => [run_id, closed_at !== null]),
    wrongWith({ chained, tables }),
  ]);
}

export function booksOf(rows: Rows): Books {
  const { account, generation, reservation, generation_run } = rows.tables;
  const explored = generation.find(({ id }) => id === 'g');
  return {
    balance: account[0].balance,
    status: explored?.status ?? null,
    by: explored?.output?.by ?? null,
    closedRuns: generation_run.flatMap(({ run_id, closed_at }) => (closed_at === null ? [] : [run_id])),
    reservations: reservation
      .filter(({ generation_id }) => generation_id === 'g')
      .map(({ state, execution_id, holder_run }) => ({ state, execution: execution_id, holder: holder_run })),
    broken: wrongWith(rows),
  };
}

function wrongWith({ chained, tables: { account, reservation, hold, ledger_entry } }: Rows): string | null {
  const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
  const [{ balance, held, last_seq }] = account;
  const open = reservation.filter(({ state }) => state === 'RESERVED');
  if (balance !== sum(ledger_entry.map((entry) => entry.balance_delta)))
    return 'the balance is not the sum of its entries';
  if (held !== sum(ledger_entry.map((entry) => entry.held_delta))) return 'what is held is not the sum of its entries';
  if (held !== sum(open.map(({ amount }) => amount))) return 'what is held is not what open reservations hold';
  if (JSON.stringify(names(hold)) !== JSON.stringify(names(open)))
    return 'the open reservations are not those in `hold`';
  if (last_seq !== ledger_entry.length) return 'the entries are not numbered without gaps';
  if (!chained) return 'the hash chain is broken';
  return null;
}

const names = (rows: readonly { generation_id: string; ordinal: number }[]) =>
  rows.map(({ generation_id, ordinal }) => `${generation_id}#${ordinal}`).sort();
