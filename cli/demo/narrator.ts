/** Says a line of one story. */
export type Say = (line: string) => unknown;

/**
 * Stories happen at the same time and are told one after the other: the one whose turn it is as it unfolds, the later
 * ones from what they have said so far.
 */
export class Narrator {
  readonly #waiting: string[][];
  readonly #over: boolean[];
  #turn = 0;

  constructor(
    private readonly print: Say,
    stories: number,
  ) {
    this.#waiting = Array.from({ length: stories }, () => []);
    this.#over = this.#waiting.map(() => false);
  }

  say(story: number, line: string): void {
    if (story === this.#turn) this.print(line);
    else this.#waiting[story]?.push(line);
  }

  over(story: number): void {
    this.#over[story] = true;
    while (this.#over[this.#turn]) {
      this.#turn++;
      for (const line of this.#waiting[this.#turn] ?? []) this.print(line);
    }
  }
}
