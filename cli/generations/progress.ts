import { Presets, SingleBar } from 'cli-progress';
import { note } from '../output';

/** Shows on a terminal how far many generations are. */
export interface Progress {
  step(): void;
  /** A line for people that does not spoil the bar. */
  note(line: string): void;
  stop(): void;
}

export function showProgress(total: number, wanted: boolean): Progress {
  if (!wanted || !process.stderr.isTTY) return { step() {}, note, stop() {} };
  const format = ' {bar} {value}/{total} generations · {duration_formatted}';
  const bar = new SingleBar({ format, stream: process.stderr, gracefulExit: false }, Presets.shades_classic);
  bar.start(total, 0);
  return {
    step: () => bar.increment(),
    note: (line) => note(`\r\x1b[K${line}`), // The bar draws itself anew at its next tick.
    stop: () => bar.stop(),
  };
}
