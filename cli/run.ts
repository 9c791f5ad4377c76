import type { Command } from 'commander';
import { EXIT, exitCodeOf, lineOf } from './errors';
import { flush, note, paint } from './output';

/** Runs the command of `argv` and ends the process with its exit code. An error is one line on stderr. */
export async function runProgram(program: Command, argv: readonly string[]): Promise<never> {
  // `makegood usage … | head` has read enough.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.failed);
  });
  let exitCode: number = EXIT.done;
  try {
    await program.parseAsync(argv);
  } catch (error) {
    exitCode = exitCodeOf(error);
    const line = lineOf(error);
    if (line) note(`${paint('red', 'error:', process.stderr)} ${line}`);
    if (process.env.MAKEGOOD_DEBUG && error instanceof Error) note(error.stack ?? '');
  }
  await flush();
  // Not left to the event loop: a call that was given up, at Ctrl-C say, would keep it turning.
  process.exit(exitCode);
}
