import { type ClientBase, DatabaseError } from 'pg';
import { type Call, literal, moveOf, NAMESPACE, sqlOf } from './calls';
import { type Books, booksOf, keyOf, READ_ROWS, type Rows, restoreRows } from './rows';

// The ledger as the explorer uses it: the real SQL functions, each called on the rows of one account as they were after
// some history.

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
    const restore = from ? restoreRows(from.rows) : 'SELECT';
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
