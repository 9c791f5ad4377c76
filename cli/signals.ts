import { note } from './output';

/** What a shell reports for a program that SIGINT ended. */
const FORCED = 130;

/** Whether somebody wants the command to stop. */
export interface Stop {
  readonly signal: AbortSignal;
  /** Resolves when `signal` is aborted. */
  readonly asked: Promise<void>;
}

/** Asked for by the first Ctrl-C or SIGTERM. The second one ends the process at once: the reaper tidies up. */
export function listenForStop(): Stop {
  const controller = new AbortController();
  const { signal } = controller;
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (signal.aborted) {
        note('stopped immediately');
        process.exit(FORCED);
      }
      controller.abort(name);
    });
  }
  const asked = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  return { signal, asked };
}
