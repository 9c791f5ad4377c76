import { setTimeout as sleep } from 'node:timers/promises';
import type { Ended } from '../../client/progress';
import type { Started } from '../../client/start';
import type { Attempt } from '../../ledger/generations';
import { endLine } from '../generations/row';
import { credits, paint } from '../output';
import type { Brief } from './briefs';
import { differences, type Findings, inWords, look, type Witnesses } from './findings';
import type { Say } from './narrator';

/** As smooth as people see it, and few requests. */
const LOOK_AGAIN_MS = 100;
/** The ledger has ended a generation a moment before its workflow has: so long may the two disagree. */
const SETTLING_MS = 5_000;

/** What a scene is played on: it acts as a customer would, says what happens, and checks it from outside. */
export class Stage {
  failures = 0;
  /** How many failed attempts of each generation have been told. */
  readonly #told = new Map<string, number>();

  constructor(
    readonly witnesses: Witnesses,
    readonly say: Say,
  ) {}

  get makegood() {
    return this.witnesses.makegood;
  }

  async start(brief: Brief): Promise<Started> {
    const started = await this.makegood.start(brief);
    if (started.status === 'held') {
      this.say(`reserved ${credits(started.price)} · balance ${started.balance}, held ${started.held}`);
    }
    return started;
  }

  /** Waits for the end, and tells of each failed attempt as it happens. */
  async follow({ account, id }: Brief, patience = 60_000): Promise<Ended> {
    const tell = async () => {
      const attempts = (await this.makegood.describe(account, id)).record?.attempts ?? [];
      for (const [index, attempt] of attempts.entries()) {
        if (index >= (this.#told.get(id) ?? 0)) this.say(this.#failed(attempt, attempts[index - 1]));
      }
      this.#told.set(id, attempts.length);
    };
    const result = this.makegood.result(account, id, patience);
    let over = false;
    const done = result.finally(() => {
      over = true;
    });
    while (!over) {
      await tell();
      await Promise.race([sleep(LOOK_AGAIN_MS), done]);
    }
    await tell();
    const end = await result;
    if (!end) throw new Error(`${id} has not ended within ${patience / 1000} s`);
    this.say(endLine(end));
    return end;
  }

  #failed({ run, number, reason, providerStatus }: Attempt, before: Attempt | undefined): string {
    const request = this.witnesses.sandbox
      .requests()
      .requests.find((logged) => logged.run === run && logged.attempt === number);
    const waited =
      request && before?.run === run
        ? ` · after a wait of ${seconds(Date.parse(request.at) - before.at.getTime())}`
        : '';
    const status = providerStatus === null ? '' : ` HTTP ${providerStatus}`;
    return `${paint('red', `attempt ${number} failed:`)} ${reason}${status}${paint('dim', waited)}`;
  }

  /** Looks from outside, and says whether all is as it should be. */
  async expect(brief: Brief, expected: Partial<Findings>): Promise<void> {
    const deadline = Date.now() + SETTLING_MS;
    let found = await look(this.witnesses, brief);
    while (differences(expected, found).length > 0 && Date.now() < deadline) {
      await sleep(LOOK_AGAIN_MS);
      found = await look(this.witnesses, brief);
    }
    const wrong = differences(expected, found);
    this.check(inWords(found), wrong.length === 0, wrong.join('; '));
  }

  /** The balance of an account that only this scene uses. */
  async expectBalance(account: string, balance: number, held = 0): Promise<void> {
    const found = await this.makegood.balance(account);
    const ok = found.balance === balance && found.held === held;
    this.check(`balance ${found.balance}, held ${found.held}`, ok, `should be ${balance} and ${held}`);
  }

  check(what: string, ok: boolean, otherwise = 'should not be'): void {
    if (!ok) this.failures++;
    this.say(ok ? `${paint('green', '✓')} ${paint('dim', what)}` : paint('red', `✗ ${what}: ${otherwise}`));
  }
}

const seconds = (ms: number) => `${(Math.max(ms, 0) / 1000).toFixed(1)} s`;
