/** Everything embedded, whatever the shell points at: a benchmark never loads a real database or provider. */
export function bare({ PATH, HOME, TMPDIR, TEMPORAL_CLI_PATH, XDG_CACHE_HOME }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { PATH, HOME, TMPDIR, TEMPORAL_CLI_PATH, XDG_CACHE_HOME };
}
