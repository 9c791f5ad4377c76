import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { MakegoodError } from '../../errors';
import type { EmailBrief } from '../../kinds/email-draft';

/** The fields of a brief as options. */
export function addBriefOptions(command: Command): Command {
  return command
    .option('--to <address>', 'the recipient')
    .option('--goal <text>', 'what the email should achieve')
    .option('--tone <text>', 'how it should sound')
    .option('--language <language>', 'which language to write in')
    .option('--context <text>', 'what the writer should know')
    .option('--sender <text>', 'who signs it');
}

/** `--input`: JSON, or `@file` that holds it. Throws INVALID_INPUT. */
export function inputGiven(text: string): unknown {
  const file = text.startsWith('@') ? text.slice(1) : undefined;
  try {
    return JSON.parse(file === undefined ? text : readFileSync(file, 'utf8'));
  } catch (cause) {
    const what = cause instanceof SyntaxError ? 'is not JSON' : "can't be read";
    const message = `--input${file === undefined ? '' : ` ${text}`} ${what}: ${(cause as Error).message}`;
    throw new MakegoodError('INVALID_INPUT', message, {}, { cause });
  }
}

/** The fields that the command line names. Whether they make a brief, the client says. */
export function briefGiven({ to, goal, tone, language, context, sender }: Partial<EmailBrief>): Record<string, string> {
  const fields = Object.entries({ to, goal, tone, language, context, sender });
  return Object.fromEntries(fields.filter((field): field is [string, string] => field[1] !== undefined));
}
