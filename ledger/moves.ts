import type { Pool } from 'pg';
import { asLedgerError, isLockTimeout, LedgerRefusal } from './failures';
import type { FunctionCalls } from './function-calls';

/** One movement of credits: its SQL function, and what that takes, by name. */
export interface Move {
  readonly do: 'reserve' | 'settle' | 'refund';
  readonly account: string;
  readonly [argument: string]: unknown;
}

interface Waiting {
  readonly move: Move;
  answer(outcome: unknown): void;
  fail(error: unknown): void;
}

/** The arguments of each function, in their order. A jsonb goes as text, or `pg` would take an array for Postgres's own. */
const ARGUMENTS: Record<Move['do'], readonly string[]> = {
  reserve: [
    ...['account', 'generation', 'execution', 'run', 'proven', 'price', 'kind', 'label', 'inputHash', 'workflowId'],
    ...['namespace', 'after', 'retryKey', 'user', 'campaign', 'metadata'],
  ],
  settle: ['account', 'generation', 'run', 'output', 'cost'],
  refund: ['account', 'generation', 'run', 'proven', 'reason', 'message'],
};

/** Statements at a time, never two for one account: while one waits for its commit, another works. */
export const AT_WORK = 2;
/** In one statement at most: some milliseconds of one account's lock. */
const TOGETHER = 200;
/** A locked account is asked for again for so long: as long as the moves before it can take, far below a request's patience. */
const LOCK_PATIENCE_MS = 2_000;

/** What takes minutes on the largest account is lost after an hour. */
const LONG_MS = 3_600_000;

const rethrow = (error: unknown) => {
  throw asLedgerError(error);
};

/**
 * Makes the movements of credits. One alone goes at once by its own function. Those that arrive while a statement is
 * under way go together in the next; there is no timer, so nothing waits when the ledger is idle. A move that is not
 * ordinary, and those of an account that somebody else has locked, go by a lane of that account's own, so that they keep
 * nobody else waiting. A batch that Postgres refuses falls apart into single moves: one bad move harms no other.
 */
export class Moves {
  private readonly waiting: Waiting[] = [];
  private readonly lanes = new Map<string, Waiting[]>();
  /** Whose moves a statement is making at this moment. */
  private readonly underWay = new Set<string>();
  /** Loops that are awake, and statements that they wait for. */
  private working = 0;
  private inFlight = 0;

  /** `main` has a connection for each statement at work; `aside` has a connection for each of a few accounts' lanes. */
  constructor(
    private readonly main: Pool,
    private readonly aside: Pool,
    private readonly calls: FunctionCalls,
  ) {}

  /** The outcome of its SQL function. Throws MakegoodError (POSTGRES_UNREACHABLE, …) or LedgerRefusal. */
  make<Outcome>(move: Move): Promise<Outcome> {
    return new Promise<Outcome>((answer, fail) => {
      const waiting = { move, answer, fail } as Waiting;
      const lane = this.lanes.get(move.account);
      if (lane) lane.push(waiting);
      else {
        this.waiting.push(waiting);
        this.begin();
      }
    });
  }

  /** Calls one of the other functions that move credits. Throws as `make` does. */
  ask<Outcome>(name: string, values: readonly unknown[]): Promise<Outcome> {
    return this.patiently(() => this.calls.call(this.aside, name, values)).catch(rethrow) as Promise<Outcome>;
  }

  /** The same, for those who would rather come back than wait for a locked account. */
  askOnce<Outcome>(name: string, values: readonly unknown[]): Promise<Outcome> {
    return this.calls.call(this.aside, name, values).catch(rethrow) as Promise<Outcome>;
  }

  /** Calls one that may take minutes. Throws as `make` does. */
  askPatiently<Outcome>(name: string, values: readonly unknown[]): Promise<Outcome> {
    const asked = this.patiently(() => this.calls.callExplicitly(this.aside, name, values, LONG_MS));
    return asked.catch(rethrow) as Promise<Outcome>;
  }

  async close(): Promise<void> {
    await Promise.all([this.main.end(), this.aside.end()]);
  }

  private begin(): void {
    if (this.working === AT_WORK) return;
    this.working++;
    void this.work();
  }

  private async work(): Promise<void> {
    for (;;) {
      // Those who have just heard an answer, and ask for their next move in the same moment, go together.
      await new Promise(setImmediate);
      const batch = this.take();
      if (batch.length === 0) break;
      const accounts = new Set(batch.map(({ move }) => move.account));
      for (const account of accounts) this.underWay.add(account);
      this.inFlight++;
      const left = await this.attempt(this.main, batch, false).catch((error) => {
        if (isLockTimeout(error)) return batch;
        for (const { fail } of batch) fail(asLedgerError(error));
        return [];
      });
      this.inFlight--;
      for (const account of accounts) this.underWay.delete(account);
      for (const one of left) this.setAside(one);
    }
    this.working--;
  }

  /**
   * A statement's share of those that wait: all of some accounts, none of which has moves under way elsewhere. The two
   * statements would wait for each other's lock.
   */
  private take(): Waiting[] {
    const share = Math.ceil(this.waiting.length / (AT_WORK - this.inFlight));
    const accounts = new Set<string>();
    const taken: Waiting[] = [];
    const left: Waiting[] = [];
    for (const one of this.waiting) {
      const { account } = one.move;
      const another = taken.length < share && !this.underWay.has(account);
      const take = taken.length < TOGETHER && (accounts.has(account) || another);
      if (take) accounts.add(account);
      (take ? taken : left).push(one);
    }
    this.waiting.splice(0, this.waiting.length, ...left);
    return taken;
  }

  /** Makes what it can, and returns the rest. A batch waits for a locked account only if told to; a single move does. */
  private async attempt(pool: Pool, batch: readonly Waiting[], wait: boolean): Promise<readonly Waiting[]> {
    const [only] = batch;
    if (only && batch.length === 1) {
      await this.single(pool, only);
      return [];
    }
    try {
      const moves = JSON.stringify(batch.map(({ move }) => move));
      const outcomes = (await this.calls.call(pool, 'move', [moves, wait])) as { i: number; outcome: string }[];
      return outcomes.flatMap(({ i, ...outcome }) => {
        const one = batch[i] as Waiting;
        if (outcome.outcome === 'single' || outcome.outcome === 'busy') return [one];
        one.answer(outcome);
        return [];
      });
    } catch (error) {
      // Postgres has refused it whole: one of them will be refused again, by itself.
      if (asLedgerError(error) instanceof LedgerRefusal) return batch;
      throw error;
    }
  }

  private async single(pool: Pool, { move, answer, fail }: Waiting): Promise<void> {
    try {
      const values = ARGUMENTS[move.do].map((name) => {
        const value = move[name] ?? null;
        return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
      });
      answer(await this.calls.call(pool, move.do, values));
    } catch (error) {
      if (isLockTimeout(error)) throw error;
      fail(asLedgerError(error));
    }
  }

  private setAside(one: Waiting): void {
    const { account } = one.move;
    const lane = this.lanes.get(account);
    if (lane) lane.push(one);
    else {
      const opened = [one];
      this.lanes.set(account, opened);
      void this.walk(account, opened);
    }
  }

  /** One account's moves, for as long as there are some: what can go together does, the rest one by one. */
  private async walk(account: string, lane: Waiting[]): Promise<void> {
    // Those that were set aside in the same moment come along.
    await Promise.resolve();
    while (lane.length > 0) {
      const batch = lane.splice(0, TOGETHER);
      try {
        const left = await this.patiently(() => this.attempt(this.aside, batch, true));
        for (const one of left) await this.patiently(() => this.single(this.aside, one));
      } catch (error) {
        for (const { fail } of batch) fail(asLedgerError(error));
      }
    }
    this.lanes.delete(account);
  }

  /** Postgres gives a lock up after 100 ms, so that nobody's connection is taken for longer; it is asked for again. */
  private async patiently<T>(attempt: () => Promise<T>): Promise<T> {
    const deadline = Date.now() + LOCK_PATIENCE_MS;
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (!isLockTimeout(error) || Date.now() > deadline) throw error;
      }
    }
  }
}
