import { note } from './output';

/** What a shell reports for a program that SIGINT ended. */
const FORCED = 130;

/** Aborted by the first Ctrl-C or SIGTERM. The second one ends the process at once: the undertaker tidies up. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) {
        note('stopped at once');
        process.exit(FORCED);
      }
      controller.abort(signal);
    });
  }
  return controller.signal;
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
