import { createInterface } from 'node:readline/promises';
import { MakegoodError } from '../errors';

/**
 * Asks for `word`, typed: a yes is typed too easily. Throws INVALID_INPUT for any other answer, and for none where the
 * input has ended. `otherwise` says what was not done.
 */
export async function confirm(word: string, question: string, otherwise: string): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
  const answer = await Promise.race([terminal.question(question), ended]);
  terminal.close();
  if (answer.trim() !== word) throw new MakegoodError('INVALID_INPUT', `Not confirmed. ${otherwise}`);
}
