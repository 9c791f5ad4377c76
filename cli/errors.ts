import { CommanderError } from 'commander';
import { type ErrorCode, MakegoodError } from '../errors';

/** 0 done, 1 failed, 2 misuse: whoever called has to change something in what was asked. */
export const EXIT = { done: 0, failed: 1, misuse: 2 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** All other errors are failures: the same call may well succeed later. */
const MISUSE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'INVALID_INPUT',
  'INVALID_SETTING',
  'PACKAGE_MISSING',
  'UNKNOWN_ACCOUNT',
  'UNKNOWN_GENERATION',
  'GENERATION_CONFLICT',
  'GRANT_CONFLICT',
  'ADJUSTMENT_CONFLICT',
  'ACCOUNT_ERASED',
  'GENERATION_ERASED',
  'BALANCE_LIMIT',
  'NOT_REFUNDED',
  'INPUT_GONE',
  'UNKNOWN_KEY',
  'OPERATOR_NEEDED',
]);

/** A command that has said all there is to say ends with another code than 0 by throwing this. */
export class Exit extends Error {
  constructor(readonly exitCode: ExitCode) {
    super(`exit ${exitCode}`);
  }
}

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof Exit) return error.exitCode;
  if (error instanceof CommanderError) return error.code.match(/helpDisplayed|version/) ? EXIT.done : EXIT.misuse;
  return error instanceof MakegoodError && MISUSE.has(error.code) ? EXIT.misuse : EXIT.failed;
}

/** One line for people; nothing where all has been said. */
export function lineOf(error: unknown): string | undefined {
  if (error instanceof Exit) return undefined;
  if (error instanceof CommanderError) {
    if (error.code === 'commander.help' || exitCodeOf(error) === EXIT.done) return undefined; // The help was the answer.
    return oneLine(error.message.replace(/^error: /, ''));
  }
  return oneLine(error instanceof Error ? error.message || error.name : String(error));
}

const oneLine = (text: string) => text.replace(/\s*\n\s*/g, ' ').trim();
