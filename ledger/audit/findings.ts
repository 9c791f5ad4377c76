import { type AuditReport, type Discrepancy, named } from './report';

/** A report is for reading: so many discrepancies of one check are named, the others are counted. */
export const NAMED = 100;

/** What the looks of one audit have found so far. */
export class Findings {
  readonly unknown: string[] = [];
  readonly #checks = new Map<string, { rows: number; found: number; named: Discrepancy[] }>();

  /** A check has looked at so many rows, and has found `total` faults, of which it names some. */
  add(check: string, rows: number, found: readonly Omit<Discrepancy, 'name' | 'check'>[] = [], total = found.length) {
    const sum = this.#checks.get(check) ?? { rows: 0, found: 0, named: [] };
    this.#checks.set(check, sum);
    sum.rows += rows;
    sum.found += total;
    sum.named.push(...found.slice(0, NAMED - sum.named.length).map((one) => named({ check, ...one })));
  }

  has(check: string): boolean {
    return (this.#checks.get(check)?.found ?? 0) > 0;
  }

  report(): Pick<AuditReport, 'checked' | 'discrepancies' | 'unknown'> {
    const checks = [...this.#checks];
    return {
      checked: checks.map(([name, { rows }]) => ({ name, rows })),
      discrepancies: checks.flatMap(([check, { found, named: some }]) =>
        found > some.length ? [...some, named({ check, message: `and ${found - some.length} more` })] : some,
      ),
      unknown: this.unknown,
    };
  }
}
