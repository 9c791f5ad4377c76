import type { Ended } from '../../client/progress';
import { EXIT, type ExitCode } from '../errors';
import { count, credits, paint, plainLine } from '../output';
import { STATUS_STYLES } from './row';

/** What came of many generations. */
export class Tally {
  readonly #ends = new Map<Ended['status'], number>();
  readonly #reasons = new Map<string, number>();
  #charged = 0;
  #refunded = 0;
  /** Lines that could not be asked for. */
  bad = 0;
  /** Generations of which nobody knows, for an error that should not be. */
  errors = 0;
  underWay = 0;
  notStarted = 0;

  ended(end: Ended): void {
    add(this.#ends, end.status);
    this.#charged += end.charged;
    this.#refunded += end.refunded;
    if (end.status === 'succeeded') return;
    add(this.#reasons, `${end.reason}  ${plainLine(end.message)}`);
    // Asked for what cannot be: not an outcome that a customer could have.
    if (end.reason === 'GENERATION_CONFLICT' || end.reason === 'UNKNOWN_ACCOUNT') this.bad++;
  }

  get exitCode(): ExitCode {
    if (this.bad > 0) return EXIT.misuse;
    return this.errors + this.underWay + this.notStarted > 0 ? EXIT.failed : EXIT.done;
  }

  /** For people. */
  lines(): string[] {
    const ends = [...this.#ends].map(([status, number]) => paint(STATUS_STYLES[status], `${number} ${status}`));
    const sum = [...this.#ends.values()].reduce((total, number) => total + number, 0);
    const rest = [
      ...(this.bad ? [`${count(this.bad, 'bad line')}, listed above`] : []),
      ...(this.errors ? [`${count(this.errors, 'error')}, listed above: run it again with the same ids`] : []),
      ...(this.underWay ? [`${this.underWay} under way: durable in Temporal, they go on without this command`] : []),
      ...(this.notStarted ? [`${this.notStarted} not started`] : []),
    ];
    return [
      `${count(sum, 'generation')} ended${ends.length ? `: ${ends.join(', ')}` : ''}`,
      ...[...this.#reasons].map(([why, number]) => `  ${String(number).padStart(5)} × ${why}`),
      `charged ${credits(this.#charged)}, refunded ${this.#refunded}: ${credits(this.#charged - this.#refunded)} net`,
      ...rest,
    ];
  }
}

function add<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
