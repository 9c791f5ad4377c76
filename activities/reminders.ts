/** Says of each thing that lasts when somebody should hear of it: at once, and then every `intervalMs`. */
export class Reminders {
  private readonly heard = new Map<string, number>();

  constructor(private readonly intervalMs: number) {}

  due(id: string, now = Date.now()): boolean {
    for (const [known, at] of this.heard) {
      // In the order of their times: the first that is recent ends the search.
      if (now - at < this.intervalMs) break;
      this.heard.delete(known);
    }
    if (this.heard.has(id)) return false;
    this.heard.set(id, now);
    return true;
  }
}
