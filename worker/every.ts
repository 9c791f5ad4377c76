/** Runs `task` now and `intervalMs` after the end of each run, until stopped. `task` deals with its own errors. */
export function every(intervalMs: number, task: () => Promise<void>): { stop(): Promise<void> } {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let run: Promise<void> = Promise.resolve();
  const go = () => {
    run = task().then(() => {
      if (!stopped) timer = setTimeout(go, intervalMs);
    });
  };
  go();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await run;
    },
  };
}
