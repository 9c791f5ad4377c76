import { randomUUID } from 'node:crypto';
import type { DataConverter } from '@temporalio/client';
import { MakegoodError } from '../errors';
import { emailDraft } from '../kinds/email-draft';
import type { WorkRequest } from '../kinds/order';
import type { OutputOf, PaidWork } from '../kinds/paid-work';
import { type Balance, readBalance } from '../ledger/accounts';
import { openDatabase } from '../ledger/database';
import { ledgerEncryption } from '../ledger/encryption';
import { type GenerationFilter, type GenerationPage, readGenerations } from '../ledger/generation-list';
import { readUsage, type UsageFilter, type UsagePage } from '../ledger/usage';
import { readSettings } from '../settings';
import { openTemporal, temporalConfig } from '../temporal/connection';
import { indexedChecker } from '../temporal/search-attributes';
import { type Adjusted, type AdjustRequest, adjustCredits } from './adjust';
import { cancelGeneration } from './cancel';
import type { Context } from './context';
import { describeGeneration, type GenerationDescription } from './describe';
import { type Erased, type EraseRequest, erase } from './erase';
import { parseGenerationFilter } from './generation-filter';
import { type Granted, type GrantRequest, grantCredits } from './grant';
import { type GenerationRequest, kindsOf, type Overrides, orderOf, parseAccount, parseIds } from './order';
import type { Ended } from './progress';
import { awaitEnd } from './result';
import { retryGeneration } from './retry';
import type { RetryRequest } from './retry-request';
import { type Started, startGeneration, submitGeneration } from './start';
import { parseUsageFilter } from './usage-filter';

export interface MakegoodOptions {
  /** The environment to read settings from; `process.env` unless given. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What lies in Temporal's histories. The worker needs the same. Combines with MAKEGOOD_ENCRYPTION_KEYS (temporal/encryption.ts). */
  readonly dataConverter?: DataConverter;
  /** What is sold; the email draft unless given. */
  readonly kinds?: readonly PaidWork[];
  /** Prices that replace those of the kinds, by their names: credits, or functions of the input. */
  readonly prices?: Overrides['prices'];
  /** How long `start` waits for the hold before it answers `pending`. */
  readonly startTimeoutMs?: number;
  /** How hard the work of every kind is tried, where its own word does not fit. */
  readonly tries?: Overrides['tries'];
}

/** A busy system holds credits in milliseconds; one that takes this long has no worker, or no database. */
const START_TIMEOUT_MS = 10_000;

/** Reads take milliseconds. */
const CONNECTIONS = 10;
/** Operators come one at a time, or nearly. */
const OPERATOR_CONNECTIONS = 2;

/** What a product backend needs: start, result, describe, cancel, retry and erase generations; grant, adjust and read credits. */
export interface Makegood {
  /**
   * Starts a generation, or answers with the one that this id has. Resolves when its credits are held.
   * Throws InsufficientCredits, GenerationConflict, MakegoodError. Without an id it makes a new one each time.
   */
  start<W extends PaidWork>(
    kind: W,
    request: Omit<WorkRequest<W>, 'id'> & { readonly id?: string },
  ): Promise<Started<OutputOf<W>> & { id: string }>;
  /** The same, by the kind's name. */
  start(request: Omit<GenerationRequest, 'id'> & { readonly id?: string }): Promise<Started & { id: string }>;
  /** Starts without waiting for the hold, for many at once: resolves as `pending` when the start is durable. */
  submit<W extends PaidWork>(kind: W, request: WorkRequest<W>): Promise<Started<OutputOf<W>>>;
  submit(request: GenerationRequest): Promise<Started>;
  /** Waits for the end, through resets and outages; nothing if `timeoutMs` passes first. */
  result<W extends PaidWork>(
    kind: W,
    account: string,
    id: string,
    timeoutMs?: number,
  ): Promise<Ended<OutputOf<W>> | undefined>;
  result(account: string, id: string, timeoutMs?: number): Promise<Ended | undefined>;
  /** What the ledger and Temporal know of it. Throws UNKNOWN_GENERATION. */
  describe(account: string, id: string): Promise<GenerationDescription>;
  /** Asks it to stop: its credits come back, unless its draft is there first. Idempotent. */
  cancel(account: string, id: string): Promise<void>;
  /**
   * Tries a refunded one again, which charges again. With `after` or `key`, asking twice tries and charges once.
   * Throws NOT_REFUNDED for any other.
   */
  retry(account: string, id: string, request?: RetryRequest): Promise<Started>;
  /** Adds credits; idempotent by `key`. Throws OPERATOR_NEEDED where the login of DATABASE_URL may not. */
  grant(request: GrantRequest): Promise<Granted>;
  /** Corrects a balance by hand, up or down; idempotent by `key`. Throws INSUFFICIENT_CREDITS below zero. */
  adjust(request: AdjustRequest): Promise<Adjusted>;
  /** Erases a generation, or an account with all of them, for good; the books stay. Idempotent. Throws NOT_ENDED. */
  erase(request: EraseRequest): Promise<Erased>;
  /** Throws UNKNOWN_ACCOUNT. */
  balance(account: string): Promise<Balance>;
  /** A page of the account's entries, newest first. Throws UNKNOWN_ACCOUNT, INVALID_INPUT. */
  usage(account: string, filter?: UsageFilter): Promise<UsagePage>;
  /** A page of the account's generations that have held credits, newest first. Throws UNKNOWN_ACCOUNT, INVALID_INPUT. */
  generations(account: string, filter?: GenerationFilter): Promise<GenerationPage>;
  close(): Promise<void>;
  /** The connections, for those who build on this. */
  readonly context: Context;
}

/** Connects to Postgres and Temporal when first used. Throws INVALID_SETTING, naming the variable. */
export function openMakegood(options: MakegoodOptions = {}): Makegood {
  const ctx = openContext(options);
  return {
    context: ctx,
    async start(...asked: Asked<{ readonly id?: string }>): Promise<Started<never> & { id: string }> {
      const request = requestOf(asked);
      const id = request.id ?? randomUUID();
      return { id, ...((await startGeneration(ctx, orderOf(ctx, { ...request, id }))) as Started<never>) };
    },
    async submit(...asked: Asked<{ readonly id: string }>): Promise<Started<never>> {
      return (await submitGeneration(ctx, orderOf(ctx, requestOf(asked)))) as Started<never>;
    },
    async result(...asked: ResultAsked): Promise<Ended<never> | undefined> {
      const [account, id, timeoutMs] = typeof asked[0] === 'string' ? (asked as AskedById) : withoutKind(asked);
      const ids = parseIds(account, id);
      const deadline = timeoutMs === undefined ? undefined : Date.now() + timeoutMs;
      return (await awaitEnd(ctx, ids.account, ids.id, deadline)) as Ended<never> | undefined;
    },
    async describe(account, id) {
      const ids = parseIds(account, id);
      return describeGeneration(ctx, ids.account, ids.id);
    },
    async cancel(account, id) {
      const ids = parseIds(account, id);
      await cancelGeneration(ctx, ids.account, ids.id);
    },
    async retry(account, id, request) {
      const ids = parseIds(account, id);
      return retryGeneration(ctx, ids.account, ids.id, request);
    },
    grant: (request) => grantCredits(ctx, request),
    adjust: (request) => adjustCredits(ctx, request),
    erase: (request) => erase(ctx, request),
    async balance(account) {
      const found = await readBalance(ctx.db, parseAccount(account));
      if (!found) throw new MakegoodError('UNKNOWN_ACCOUNT');
      return found;
    },
    async usage(account, filter) {
      const page = await readUsage(ctx.db, parseAccount(account), parseUsageFilter(filter));
      // An account comes into being by its first entry, so only one without any needs a second look.
      if (page.entries.length === 0) await this.balance(account);
      return page;
    },
    async generations(account, filter) {
      const page = await readGenerations(ctx.db, parseAccount(account), parseGenerationFilter(filter));
      if (page.generations.length === 0) await this.balance(account);
      return page;
    },
    async close() {
      const databases = [...new Set([ctx.db, ctx.operator])]; // Mostly one and the same.
      await Promise.all([...databases.map((db) => db.$disconnect()), ctx.temporal.connection.close()]);
    },
  };
}

/** By its kind, or by the kind's name. */
type Asked<Id> =
  | [kind: PaidWork, request: Omit<WorkRequest, 'id'> & Id]
  | [request: Omit<GenerationRequest, 'id'> & Id];

function requestOf<Id>(asked: Asked<Id>): Omit<GenerationRequest, 'id'> & Id {
  if (asked.length === 1) return asked[0];
  const [{ kind }, request] = asked;
  return { ...request, kind };
}

type AskedById = [account: string, id: string, timeoutMs?: number | undefined];
type ResultAsked = AskedById | [kind: PaidWork, ...AskedById];
const withoutKind = ([, ...rest]: ResultAsked) => rest as AskedById;

function openContext(options: MakegoodOptions): Context {
  const { env = process.env, dataConverter, kinds = [emailDraft], startTimeoutMs = START_TIMEOUT_MS } = options;
  const { databaseUrl, operatorUrl, taskQueue, temporalUiUrl } = readSettings(env);
  const temporal = openTemporal(env, dataConverter);
  const texts = ledgerEncryption(env);
  const db = openDatabase(databaseUrl, CONNECTIONS, texts);
  return {
    db,
    operator: operatorUrl === undefined ? db : openDatabase(operatorUrl, OPERATOR_CONNECTIONS, texts),
    temporal,
    temporalAddress: temporalConfig(env).address,
    ...(temporalUiUrl ? { temporalUiUrl } : {}),
    taskQueue,
    kinds: kindsOf(kinds, options),
    startTimeoutMs,
    indexed: indexedChecker(temporal),
  };
}
