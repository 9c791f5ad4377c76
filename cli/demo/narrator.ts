/** Says a line of one scene. */
export type Say = (line: string) => unknown;

/**
 * Scenes happen at the same time and are told one after the other: the one whose turn it is as it unfolds, the later
 * ones from what they have said so far.
 */
export class Narrator {
  readonly #waiting: string[][];
  readonly #over: boolean[];
  #turn = 0;

  constructor(
    private readonly print: Say,
    scenes: number,
  ) {
    this.#waiting = Array.from({ length: scenes }, () => []);
    this.#over = this.#waiting.map(() => false);
  }

  say(scene: number, line: string): void {
    if (scene === this.#turn) this.print(line);
    else this.#waiting[scene]?.push(line);
  }

  over(scene: number): void {
    this.#over[scene] = true;
    while (this.#over[this.#turn]) {
      this.#turn++;
      for (const line of this.#waiting[this.#turn] ?? []) this.print(line);
    }
  }
}
