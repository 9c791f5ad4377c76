import { type ClientBase, DatabaseError, escapeLiteral } from 'pg';

// The ledger as the explorer uses it: the real SQL functions, each called on the rows of one account as they were after
// some history.

/** A call of one of the functions, for the one generation that is explored. */
export type Call =
  | { do: 'reserve'; run: string; proven: boolean; execution: string; after: number }
  | { do: 'settle'; run: string }
  | { do: 'refund'; run: string; proven: boolean }
  | { do: 'sweep'; holder: string; newest: string | null }
  /** Another generation of the account buys something. */
  | { do: 'spend' };

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

export interface LedgerState {
  readonly id: number;
  readonly books: Books;
  /** The account's rows in every table, as JSON. */
  readonly rows: string;
}

export interface Told {
  readonly outcome: string;
  readonly state: LedgerState;
}

export const PRICE = 1;
const NAMESPACE = 'e4e70000-0000-4000-8000-000000000000';
const TABLES = ['account', 'generation', 'reservation', 'hold', 'ledger_entry', 'generation_run'] as const;

/**
 * Each distinct (state, call) is carried out once, by the real function, and remembered. That is sound: what a function
 * answers and writes depends on the account's rows alone, up to salts, moments and hashes, which decide nothing.
 */
export class Ledger {
  private readonly states = new Map<string, LedgerState>();
  private readonly told = new Map<string, Told>();

  private constructor(
    private readonly owner: ClientBase,
    /** Whether `move` must do what the single functions do. */
    private readonly compareMove: boolean,
  ) {}

  /** `owner`: a connection to a migrated database of the explorer's own. */
  static async open(owner: ClientBase, compareMove = true): Promise<Ledger> {
    await owner.query(`SELECT register_namespace('${NAMESPACE}')`);
    return new Ledger(owner, compareMove);
  }

  /** How many distinct calls the real functions have carried out. */
  get carriedOut(): number {
    return this.told.size;
  }

  /** An account with so many credits, and nothing else. */
  async funded(credits: number): Promise<LedgerState> {
    return (await this.run(`SELECT grant_credits('a', ${credits}, 'k', NULL) AS answer`)).state;
  }

  /** What is known of this call already. */
  known(state: LedgerState, call: Call): Told | undefined {
    return this.told.get(`${state.id} ${JSON.stringify(call)}`);
  }

  async call(state: LedgerState, call: Call): Promise<Told> {
    const known = this.known(state, call);
    if (known) return known;
    const told = await this.run(sqlOf(call), state);
    if (this.compareMove && 'run' in call) await this.expectMoveSame(state, call, told);
    this.told.set(`${state.id} ${JSON.stringify(call)}`, told);
    return told;
  }

  /** The batch function makes what is ordinary, and what it makes is what the single function makes. */
  private async expectMoveSame(state: LedgerState, call: Call & { run: string }, single: Told): Promise<void> {
    const moved = await this.run(`SELECT move(${literal([moveOf(call)])}, true)->0 AS answer`, state);
    if (moved.outcome === 'single') return;
    if (moved.outcome !== single.outcome || moved.state.id !== single.state.id) {
      throw new Error(`move differs from ${JSON.stringify(call)}: ${moved.outcome}, not ${single.outcome}`);
    }
  }

  /** One round trip; nothing of it stays in the database. */
  private async run(sql: string, from?: LedgerState): Promise<Told> {
    const restore = from ? TABLES.map((table) => restoreTable(table, from.rows)).join(';') : 'SELECT';
    try {
      const results = await this.owner.query(`BEGIN; ${restore}; ${sql}; ${READ_ROWS}; ROLLBACK`);
      const [answer, read] = (results as unknown as [{ rows: [never] }]).slice(-3, -1).flatMap(({ rows }) => rows);
      const { outcome } = (answer as unknown as { answer: { outcome: string } }).answer;
      return { outcome, state: this.stateOf((read as unknown as { read: Rows }).read) };
    } catch (error) {
      await this.owner.query('ROLLBACK');
      // A constraint keeps the rows right, but a call of ours must not run into it.
      if (!from || !(error instanceof DatabaseError) || !error.code?.startsWith('23')) throw error;
      return { outcome: 'refused', state: { ...from, id: -1, books: { ...from.books, broken: error.message } } };
    }
  }

  /** The same object for the same rows, but for salts, moments and hashes. */
  private stateOf(rows: Rows): LedgerState {
    const key = keyOf(rows);
    const known = this.states.get(key);
    if (known) return known;
    const state = { id: this.states.size, books: booksOf(rows), rows: JSON.stringify(rows.tables) };
    this.states.set(key, state);
    return state;
  }
}

interface Rows {
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

const READ_ROWS = `SELECT jsonb_build_object('tables', jsonb_build_object(${TABLES.map(
  (table) => `'${table}', (SELECT coalesce(jsonb_agg(to_jsonb(t) ORDER BY ${ORDER[table]}), '[]') FROM ${table} AS t)`,
).join(', ')}), 'chained', (
  SELECT bool_and(hash = chained) AND (array_agg(hash ORDER BY seq DESC))[1] = (SELECT head FROM account)
  FROM (SELECT seq, hash, chain((SELECT genesis FROM account), entry_digest(seq, at, kind, balance_delta, held_delta,
               balance_after, ordinal, reason, content)) OVER (ORDER BY seq) AS chained FROM ledger_entry) AS entry
)) AS read`;

function restoreTable(table: string, rows: string): string {
  const read = `jsonb_populate_recordset(NULL::${table}, ${escapeLiteral(rows)}::jsonb->'${table}')`;
  return `INSERT INTO ${table} SELECT * FROM ${read}`;
}

const literal = (value: unknown) => escapeLiteral(JSON.stringify(value));
const text = (value: string | null) => (value === null ? 'NULL' : escapeLiteral(value));

/** The name of whatever else the account buys. */
const OTHER = 'other';

function sqlOf(call: Call): string {
  switch (call.do) {
    case 'reserve':
      return `SELECT reserve('a', 'g', ${text(call.execution)}, ${text(call.run)}, ${call.proven}, ${PRICE}, 'kind', 'label',
                             'input', 'workflow', '${NAMESPACE}', ${call.after}, NULL) AS answer`;
    case 'settle':
      return `SELECT settle('a', 'g', ${text(call.run)}, ${literal({ by: call.run })}, NULL) AS answer`;
    case 'refund':
      return `SELECT refund('a', 'g', ${text(call.run)}, ${call.proven}, 'PROVIDER_UNAVAILABLE', 'It failed.') AS answer`;
    case 'sweep': {
      const dead = {
        generation: 'g',
        holder: call.holder,
        newest: call.newest,
        reason: 'WORKFLOW_LOST',
        message: 'Lost.',
      };
      return `SELECT sweep('a', '${NAMESPACE}', ${literal([dead])})->0 AS answer`;
    }
    case 'spend':
      return `SELECT reserve('a', '${OTHER}', 'x', 'x', false, ${PRICE}, 'kind', 'label', 'input', 'workflow',
                             '${NAMESPACE}', 0, NULL);
              SELECT settle('a', '${OTHER}', 'x', '{}', NULL) AS answer`;
  }
}

const moveOf = (call: Call & { run: string }) => {
  const who = { do: call.do, account: 'a', generation: 'g', run: call.run };
  if (call.do === 'settle') return { ...who, output: { by: call.run } };
  if (call.do === 'refund')
    return { ...who, proven: call.proven, reason: 'PROVIDER_UNAVAILABLE', message: 'It failed.' };
  const work = { price: PRICE, kind: 'kind', label: 'label', inputHash: 'input', workflowId: 'workflow' };
  return { ...call, ...who, ...work, namespace: NAMESPACE };
};

/** What can make a difference to any later call. Of runs only the order counts; of entries, that they add up. */
function keyOf({ chained, tables }: Rows): string {
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

function booksOf(rows: Rows): Books {
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
