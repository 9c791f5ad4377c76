import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { grant, registerNamespace, reserve, settle } from '../ledger/credits';
import { type Database, openDatabase } from '../ledger/database';
import { AccountId, type ExecutionId, GenerationId, type RunId } from '../ledger/ids';
import { latency, line, ratio, together } from './measure';
import { type NaiveLedger, openNaiveLedger } from './naive-ledger';

// The ledger alone, beside a naive one in the same Postgres, in turns: pairs of reserve + settle.

interface Load {
  readonly accounts: number;
  readonly inFlight: number;
  readonly pairs: number;
  /** What our ratio to the naive ledger is expected to be at least. */
  readonly expected: number;
}

const LOADS: readonly Load[] = [
  { accounts: 1, inFlight: 20, pairs: 2_000, expected: 4 },
  { accounts: 1, inFlight: 100, pairs: 4_000, expected: 7 },
  { accounts: 100, inFlight: 20, pairs: 3_000, expected: 1 },
  { accounts: 100, inFlight: 100, pairs: 6_000, expected: 1.5 },
];
/** Each form has its turn so often, and its median counts: a slow moment of the machine falls on none alone. */
const ROUNDS = 5;
const LATENCY_PAIRS = 300;
/** Of reserve + settle with one in flight, to the naive one's. */
const LATENCY_EXPECTED = 1.3;

type Pair = (account: string) => Promise<void>;
interface Form {
  open(account: string): Promise<void>;
  readonly pair: Pair;
}

const CREDITS = 1_000_000_000;
const OUTPUT = { subject: 'a', body: 'b' };

/** Prints the figures; with `filled`, all of it again beside so many generations that are there already. */
export async function measureLedger(env: Record<string, string>, filled: number): Promise<void> {
  const db = openDatabase(env.DATABASE_URL as string);
  const operator = openDatabase(env.MAKEGOOD_OPERATOR_DATABASE_URL as string, 1);
  const ownerUrl = env.MAKEGOOD_OWNER_DATABASE_URL as string;
  const naive = await openNaiveLedger(ownerUrl, 20);
  const forms = { naive: naiveForm(naive), ours: await ourForm(db, operator) };
  for (const form of Object.values(forms)) await perSecond(form, { accounts: 10, inFlight: 20, pairs: 1_000 });
  const empty = await measure(forms);
  if (filled > 0) {
    await fill(forms.ours, naive, ownerUrl, filled);
    console.log(`\nThe same beside ${filled} generations that are there already`);
    const full = await measure(forms);
    for (const [index, { accounts, inFlight }] of LOADS.entries()) {
      const what = `${accounts} account(s), ${inFlight} in flight: filled / empty`;
      line(what, ratio(full[index] as number, empty[index] as number, '>=', 0.8));
    }
  }
  await Promise.all([naive.close(), db.$disconnect(), operator.$disconnect()]);
}

/** Our pairs a second for each load. */
async function measure(forms: { naive: Form; ours: Form }): Promise<number[]> {
  const found: number[] = [];
  console.log('\nThe ledger alone, pairs of reserve + settle a second           naive      ours');
  for (const load of LOADS) {
    const naive: number[] = [];
    const ours: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      naive.push(await perSecond(forms.naive, load));
      ours.push(await perSecond(forms.ours, load));
    }
    const [base, value] = [latency(naive).p50, latency(ours).p50];
    found.push(value);
    const what = `${load.accounts} account(s), ${load.inFlight} in flight`;
    console.log(
      `  ${what.padEnd(52)}${base.toFixed(0).padStart(13)}${value.toFixed(0).padStart(10)}   ${ratio(value, base, '>=', load.expected)}`,
    );
  }
  const naive = await pairLatency(forms.naive);
  const ours = await pairLatency(forms.ours);
  console.log(
    `  ${'p50 of a pair, 1 in flight'.padEnd(52)}${`${naive.toFixed(2)} ms`.padStart(13)}${`${ours.toFixed(2)} ms`.padStart(10)}   ${ratio(ours, naive, '<=', LATENCY_EXPECTED)}`,
  );
  return found;
}

async function perSecond(form: Form, load: Omit<Load, 'expected'>): Promise<number> {
  const accounts = Array.from({ length: load.accounts }, () => `bench-${randomUUID()}`);
  for (const account of accounts) await form.open(account);
  const { elapsed } = await together(load.pairs, load.inFlight, (index) =>
    form.pair(accounts[index % accounts.length] as string),
  );
  return load.pairs / (elapsed / 1000);
}

async function pairLatency(form: Form): Promise<number> {
  const account = `bench-${randomUUID()}`;
  await form.open(account);
  const { samples } = await together(LATENCY_PAIRS, 1, () => form.pair(account));
  return latency(samples).p50;
}

const naiveForm = (naive: NaiveLedger): Form => ({
  open: (account) => naive.open(account, CREDITS),
  async pair(account) {
    const generation = randomUUID();
    await naive.reserve(account, generation);
    await naive.settle(account, generation, OUTPUT);
  },
});

async function ourForm(db: Database, operator: Database): Promise<Form> {
  const namespace = randomUUID();
  await registerNamespace(db, namespace);
  return {
    async open(account) {
      await grant(operator, AccountId.parse(account), CREDITS, 'bench', null);
    },
    async pair(account) {
      const id = randomUUID();
      const generationRun = {
        account: AccountId.parse(account),
        generation: GenerationId.parse(id),
        execution: id as ExecutionId,
        run: id as RunId,
      };
      const work = { kind: 'bench', label: 'bench', inputHash: 'bench', workflowId: id, namespace };
      const { outcome } = await reserve(db, generationRun, { price: 1, ...work });
      if (outcome !== 'reserved') throw new Error(`a reserve was answered ${outcome}`);
      await settle(db, generationRun, OUTPUT);
    },
  };
}

/** So many settled generations of a hundred accounts, in both ledgers: by the batch function, as a worker would. */
async function fill(form: Form, naive: NaiveLedger, ownerUrl: string, generations: number): Promise<void> {
  const accounts = Array.from({ length: 100 }, () => `filled-${randomUUID()}`);
  for (const account of accounts) await form.open(account);
  await together(generations, 400, (index) => form.pair(accounts[index % accounts.length] as string));
  const account = `filled-${randomUUID()}`;
  await naive.open(account, CREDITS);
  await naive.fill(account, generations);
  const owner = new Client({ connectionString: ownerUrl });
  await owner.connect();
  await owner.query('VACUUM ANALYZE');
  await owner.end();
}
