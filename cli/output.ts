import { styleText } from 'node:util';

// Results go to stdout, for people or as JSON; everything about how it goes is a note on stderr.

export type Style = Parameters<typeof styleText>[0];
/** What to write to: colours depend on whether it is a terminal. */
export type Stream = NodeJS.WriteStream;

export const print = (line = '') => void process.stdout.write(`${line}\n`);
export const note = (line: string) => void process.stderr.write(`${line}\n`);
export const printJson = (value: unknown) => print(JSON.stringify(value));

/** Coloured on a terminal. Plain where NO_COLOR is set or the output goes to a file or a pipe. */
export function paint(style: Style, text: string, stream: Stream = process.stdout): string {
  // Asked here and not by styleText's own `validateStream`, which Node 20 does not have in every release we support.
  const { FORCE_COLOR: force, NO_COLOR: none } = process.env;
  const coloured = force ? force !== '0' : stream.isTTY && !none;
  return coloured ? styleText(style, text) : text;
}

/** `3 credits`, `1 credit`. */
export const credits = (amount: number) => count(amount, 'credit');
export const count = (amount: number, what: string) => `${amount} ${what}${amount === 1 ? '' : 's'}`;

/** Text of others as a terminal may see it: without the control characters that would move its cursor. */
export const plain = (text: string) => text.replace(/[^\P{Cc}\n\t]/gu, ' ');
export const plainLine = (text: string) => text.replace(/\p{Cc}+/gu, ' ');

/** Everything printed has left the process. */
export async function flush(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise<void>((resolve) => stream.write('', () => resolve()));
  }
}
