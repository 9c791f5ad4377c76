import { randomUUID } from 'node:crypto';
import { type Attribution, said } from '../../ledger/attribution';
import { grant, refund, registerNamespace, reserve, settle } from '../../ledger/credits';
import { type Database, openDatabase } from '../../ledger/database';
import type { AccountId, ExecutionId, GenerationId, RunId } from '../../ledger/ids';
import type { NotNewest, RefundOutcome, ReserveOutcome, SettleOutcome } from '../../ledger/outcomes';
import { type ReasonCode, reason } from '../../ledger/reasons';
import { onClose, ownerSql, stackEnv } from '.';

/** A ledger as a worker opens it, closed with the test file. */
export function openLedger(url = stackEnv().DATABASE_URL as string, connections?: number): Database {
  const db = openDatabase(url, connections);
  onClose(() => db.$disconnect());
  return db;
}

let shared: Database | undefined;
/** The file's own ledger, as a worker's login. */
export const ledger = (): Database => {
  shared ??= openLedger();
  return shared;
};

let operators: Database | undefined;
/** The same, as an operator's login: it grants. */
export const operatorLedger = (): Database => {
  operators ??= openLedger(stackEnv().MAKEGOOD_OPERATOR_DATABASE_URL as string, 2);
  return operators;
};

/** Registered by `fundedAccount`; the worker's own sweep lets its reservations be. */
export const TEST_NAMESPACE = '7e57ab1e-0000-4000-8000-000000000000';

export const newAccountId = () => `l-${randomUUID()}` as AccountId;

/** An account of the test's own, with these credits. */
export async function fundedAccount(credits = 10): Promise<AccountId> {
  const account = newAccountId();
  await registerNamespace(ledger(), TEST_NAMESPACE);
  await grant(operatorLedger(), account, credits, 'first', null);
  return account;
}

export interface Who extends Attribution {
  readonly kind?: string;
  readonly generation?: string;
  readonly execution?: string;
  readonly run?: string;
  readonly price?: number;
  readonly inputHash?: string;
  readonly after?: number;
  /** Temporal says that this run is its newest. */
  readonly proven?: boolean;
  readonly namespace?: string;
  readonly db?: Database;
}

/** One run of one execution: what a workflow does to the ledger. */
export interface Caller {
  reserve(): Promise<ReserveOutcome | NotNewest>;
  settle(draft?: unknown, cost?: number): Promise<SettleOutcome>;
  refund(code?: ReasonCode): Promise<RefundOutcome | NotNewest>;
}

export function callerOf(account: AccountId, who: Who = {}): Caller {
  const {
    generation = 'g1',
    execution: executionId = 't1',
    run = 'r1',
    price = 3,
    inputHash = 'input',
    db = ledger(),
  } = who;
  // Not that of the running Temporal: its sweep lets these reservations be.
  const { namespace = TEST_NAMESPACE, after = 0, proven = false, kind = 'email-draft' } = who;
  const generationRun = {
    account,
    generation: generation as GenerationId,
    execution: executionId as ExecutionId,
    run: run as RunId,
  };
  const workflowId = `makegood/${account}/${generation}`;
  const what = { price, kind, label: 'A draft', inputHash, workflowId, namespace, after, ...said(who) };
  return {
    reserve: async () => reserve(db, generationRun, what, proven),
    settle: async (draft = { subject: 'Hello' }, cost) => settle(db, generationRun, draft, cost),
    refund: async (code = 'PROVIDER_UNAVAILABLE') => refund(db, generationRun, reason(code), proven),
  };
}

/** All that money is, in one line each: `10 + 3`, `RESERVE -3 +3`, `g1#1 RESERVED 3`, `g1 RESERVED`. */
export async function moneyOf(account: AccountId) {
  const read = async (sql: string) =>
    (await ownerSql().query<{ line: string }>(sql, [account])).rows.map(({ line }) => line);
  const [balance] = await read(`SELECT balance || ' + ' || held AS line FROM account WHERE id = $1`);
  return {
    balance,
    entries: await read(
      `SELECT concat_ws(' ', kind, to_char(balance_delta, 'SGFM999990'), to_char(held_delta, 'SGFM999990'), reason) AS line
         FROM ledger_entry WHERE account_id = $1 AND kind <> 'GRANT' ORDER BY seq`,
    ),
    reservations: await read(
      `SELECT concat_ws(' ', generation_id || '#' || ordinal, state, amount) AS line
         FROM reservation WHERE account_id = $1 ORDER BY generation_id, ordinal`,
    ),
    generations: await read(
      `SELECT concat_ws(' ', id, status, output->>'subject') AS line FROM generation WHERE account_id = $1 ORDER BY id`,
    ),
  };
}

/** Runs `act`, and fails if it moved anything. Answers what `act` answered. */
export async function withoutAMove<T>(account: AccountId, act: () => Promise<T>): Promise<T> {
  const before = await moneyOf(account);
  const answer = await act();
  expect(await moneyOf(account)).toEqual(before);
  return answer;
}
